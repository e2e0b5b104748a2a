/** A node of a parsed template. */
type Node = Record<string, unknown> & { type?: string };

/** The function that the rewritten nodes call. */
export const stripFunction = 'mienlab_strip';

const modes = ['strip', 'lstrip', 'rstrip'] as const;
type Mode = (typeof modes)[number];

/**
 * Rewrites a parsed template in place: `x.strip(chars)`, `x.lstrip(chars)`, `x.rstrip(chars)` and `x | trim` become calls of
 * `stripFunction`. The library's own take no characters, so that `lstrip('\n')`, which Qwen's templates use, would take spaces away too.
 */
export function rewriteStrips(node: unknown): void {
  if (Array.isArray(node)) return node.forEach(rewriteStrips);
  if (typeof node !== 'object' || node === null) return;
  for (const child of node instanceof Map ? [...node.entries()].flat() : Object.values(node)) rewriteStrips(child);
  const { type, callee, args, operand, filter } = node as Node & { callee?: Node; args?: unknown[]; filter?: Node };
  if (type === 'CallExpression' && callee?.type === 'MemberExpression' && !callee['computed']) {
    const mode = nameOf(callee['property']);
    if (modes.includes(mode as Mode)) Object.assign(node, stripCall(callee['object'], mode as Mode, args ?? []));
  } else if (type === 'FilterExpression') {
    const called = filter?.type === 'CallExpression';
    if (nameOf(called ? filter['callee'] : filter) === 'trim') {
      Object.assign(node, stripCall(operand, 'strip', called ? (filter['args'] as unknown[]) : []));
    }
  }
}

function nameOf(node: unknown): string | undefined {
  const { type, value } = (node ?? {}) as Node;
  return type === 'Identifier' ? (value as string) : undefined;
}

function stripCall(text: unknown, mode: Mode, args: readonly unknown[]): Node {
  return {
    type: 'CallExpression',
    callee: { type: 'Identifier', value: stripFunction },
    args: [text, { type: 'StringLiteral', value: mode }, ...args],
  };
}

/** What Python's str.isspace holds for; JavaScript's \s has U+FEFF and lacks six control characters. */
const spaces =
  '\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000';

/** Python's str.strip, lstrip and rstrip: characters of the set go from the ends. Undefined is an empty text, as in Jinja. */
export function pythonStrip(text: unknown, mode: Mode, characters?: string | null): string {
  if (text === undefined) return '';
  if (typeof text !== 'string') throw new Error(`${mode} needs a text`);
  const set = new Set(characters ?? spaces);
  const points = Array.from(text);
  let [start, end] = [0, points.length];
  if (mode !== 'rstrip') while (start < end && set.has(points[start]!)) start++;
  if (mode !== 'lstrip') while (end > start && set.has(points[end - 1]!)) end--;
  return points.slice(start, end).join('');
}
