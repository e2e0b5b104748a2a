import type { ConfigNode } from './config-node.js';
import { describeOrigin } from './origin.js';
import { plainScalar } from './plain-scalar.js';
import { Float, floatText, type Scalar } from './scalar.js';

/** A tree as JSON text; floats keep their point (2.0), infinity is 1e999, which every reader takes for it, and not-a-number is null. */
export function printJson(node: ConfigNode, indent = 2, level = 0): string {
  const [open, inner] = ['\n' + ' '.repeat(indent * level), '\n' + ' '.repeat(indent * (level + 1))];
  if (node.kind === 'list') {
    return node.items.length === 0
      ? '[]'
      : `[${inner}${node.items.map((item) => printJson(item, indent, level + 1)).join(`,${inner}`)}${open}]`;
  }
  if (node.kind === 'map') {
    const pairs = [...node.entries].map(([key, child]) => `${JSON.stringify(key)}: ${printJson(child, indent, level + 1)}`);
    return pairs.length === 0 ? '{}' : `{${inner}${pairs.join(`,${inner}`)}${open}}`;
  }
  const { value } = node;
  if (value instanceof Float)
    return Number.isNaN(value.value)
      ? 'null'
      : Number.isFinite(value.value)
        ? floatText(value.value)
        : value.value > 0
          ? '1e999'
          : '-1e999';
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

function yamlScalar(value: Scalar): string {
  if (value === null) return 'null';
  if (value instanceof Float) {
    const text = floatText(value.value);
    return { inf: '.inf', '-inf': '-.inf', nan: '.nan' }[text] ?? text;
  }
  if (typeof value !== 'string') return String(value);
  const plain =
    /^[A-Za-z0-9_./$?-][\w ./${}:+@-]*$/.test(value) && !/: |:$| $|^[-?] |^[-?]$|^---/.test(value) && plainScalar(value) === value;
  return plain ? value : JSON.stringify(value);
}

/** A tree as YAML text that reads back to the same values. With `origins`, each leaf is followed by where it was written. */
export function printYaml(node: ConfigNode, origins = false): string {
  const lines: string[] = [];
  const leaf = (text: string, child: ConfigNode) =>
    lines.push(origins && child.origin ? `${text}  # ${describeOrigin(child.origin)}` : text);
  const visit = (prefix: string, child: ConfigNode, indent: string): void => {
    if (child.kind === 'scalar') leaf(`${prefix} ${yamlScalar(child.value)}`, child);
    else if (child.kind === 'map' && child.entries.size === 0) leaf(`${prefix} {}`, child);
    else if (child.kind === 'list' && child.items.length === 0) leaf(`${prefix} []`, child);
    else if (child.kind === 'list') {
      lines.push(prefix);
      for (const item of child.items) visit(`${indent}-`, item, `${indent}  `);
    } else {
      lines.push(prefix);
      for (const [key, value] of child.entries) visit(`${indent}${yamlScalar(key)}:`, value, `${indent}  `);
    }
  };
  if (node.kind !== 'map' || node.entries.size === 0) return '{}\n';
  for (const [key, value] of node.entries) visit(`${yamlScalar(key)}:`, value, '  ');
  return lines.join('\n') + '\n';
}

/** Where each leaf was written, by its dotted path. */
export function originsOf(node: ConfigNode): Record<string, string> {
  const origins: Record<string, string> = {};
  const visit = (child: ConfigNode, path: string): void => {
    const prefix = path === '' ? '' : `${path}.`;
    if (child.kind === 'list' && child.items.length > 0) child.items.forEach((item, index) => visit(item, `${prefix}${index}`));
    else if (child.kind === 'map' && child.entries.size > 0) for (const [key, value] of child.entries) visit(value, `${prefix}${key}`);
    else if (child.origin) origins[path] = describeOrigin(child.origin);
  };
  visit(node, '');
  return origins;
}
