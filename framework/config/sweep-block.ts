import { type Fault, FaultList } from '../faults/index.js';
import type { ConfigNode, MapNode } from './config-node.js';
import { faultAt } from './fault-at.js';
import { describeOrigin, type SourceText } from './origin.js';
import { Resolution } from './resolve-interpolation.js';
import { Dict, printValue, Quoted, type Value } from './override-value.js';

const blockKey = 'sweep';

/**
 * The axes of the `sweep:` block at the top of a merged tree, as overrides with the block's places: a list gives a choice of its items, a string
 * is what would stand behind `key=` on the command line, such as range(0,3); null is no sweep. Throws a FaultList; also where a block stands elsewhere.
 */
export function sweepFromConfig(root: MapNode, env: Readonly<Record<string, string | undefined>>): SourceText[] {
  const faults = misplaced(root);
  const written = root.entries.get(blockKey);
  const block = written && new Resolution(root, env).resolved({ node: written, path: [blockKey] });
  const overrides: SourceText[] = [];
  const none = block?.kind === 'scalar' && block.value === null;
  if (block && block.kind !== 'map' && !none) {
    faults.push(
      faultAt(block.origin, 'CONFIG_TYPE', 'a sweep block must be a map', {
        key: blockKey,
        expected: 'key: [value, value], or key: range(0, 3)',
      }),
    );
  }
  for (const [key, node] of block?.kind === 'map' ? block.entries : []) {
    const source = node.origin ? describeOrigin(node.origin) : blockKey;
    if (node.kind === 'list' && node.items.length > 0) {
      const values = node.items.map((item) => printValue(valueOf(item)));
      // One value alone is still an axis; null is the one value that choice() does not take.
      const text = values.length > 1 || values[0] === 'null' ? values.join(',') : `choice(${values[0]})`;
      overrides.push({ source, text: `${key}=${text}`, single: true });
    } else if (node.kind === 'scalar' && typeof node.value === 'string') {
      overrides.push({ source, text: `${key}=${node.value}`, single: true });
    } else {
      const dotted = node.kind === 'map' ? `write the key with dots: ${key}.NAME: [...]` : undefined;
      const hint = key.endsWith(')') ? 'within braces a text with commas stands in quotes' : dotted;
      faults.push(
        faultAt(node.origin, 'CONFIG_TYPE', `the sweep over "${key}" has no values`, {
          key: `${blockKey}.${key}`,
          expected: 'a list with at least one value, or a text such as range(0, 3)',
          hint,
        }),
      );
    }
  }
  if (faults.length > 0) throw new FaultList(faults);
  return overrides;
}

/** The same config without its sweep block, as the jobs of the sweep have it. */
export function withoutSweep(node: MapNode): MapNode {
  return { ...node, entries: new Map([...node.entries].filter(([key]) => key !== blockKey)) };
}

/** A sweep block anywhere but at the top would be silently ignored: a fault each. */
function misplaced(root: MapNode): Fault[] {
  const faults: Fault[] = [];
  const visit = (node: ConfigNode, path: readonly string[]): void => {
    if (node.kind === 'list') node.items.forEach((item, index) => visit(item, [...path, String(index)]));
    if (node.kind !== 'map') return;
    for (const [key, child] of node.entries) {
      const at = [...path, key];
      if (key === blockKey && path.length > 0) {
        faults.push(
          faultAt(
            child.keyOrigin ?? child.origin,
            'CONFIG_UNKNOWN_KEY',
            `a sweep block stands only at the top of an experiment, not at "${at.join('.')}"`,
            { key: at.join('.'), hint: 'move it to the experiment file, or give the file the line "# @package _global_"' },
          ),
        );
      } else if (!(key === blockKey && path.length === 0)) {
        visit(child, at);
      }
    }
  };
  visit(root, []);
  return faults;
}

const readsAsText = /^[A-Za-z_][\w/.-]*$/;
const readsAsOther = /^(true|false|null|inf|nan)$/i;

/** A node as the value of an override that gives the same node again. */
function valueOf(node: ConfigNode): Value {
  if (node.kind === 'list') return node.items.map(valueOf);
  if (node.kind === 'map') return new Dict([...node.entries].map(([key, child]) => [key, valueOf(child)]));
  if (typeof node.value !== 'string') return node.value;
  return readsAsText.test(node.value) && !readsAsOther.test(node.value) ? node.value : new Quoted(node.value, "'");
}
