import type { TextSyntax } from './interpolation-grammar.js';
import type { Origin } from './origin.js';
import { type Scalar, scalarRepr, scalarText } from './scalar.js';

interface NodeBase {
  /** Where the value was written, and where its key. */
  origin: Origin | undefined;
  keyOrigin?: Origin | undefined;
}

export interface ScalarNode extends NodeBase {
  kind: 'scalar';
  value: Scalar;
  /** Set where the value is a string with an interpolation that is not resolved yet. */
  syntax?: TextSyntax;
}

interface ListNode extends NodeBase {
  kind: 'list';
  items: ConfigNode[];
}

export interface MapNode extends NodeBase {
  kind: 'map';
  entries: Map<string, ConfigNode>;
}

/** A tree of configuration in which every node knows its origin. Keys are strings, whatever they were in YAML. */
export type ConfigNode = ScalarNode | ListNode | MapNode;
export type Container = ListNode | MapNode;

export function mapNode(origin?: Origin): MapNode {
  return { kind: 'map', entries: new Map(), origin };
}

export function isMissing(node: ConfigNode): boolean {
  return node.kind === 'scalar' && node.value === '???';
}

/** The child under a key: of a map by name, of a list by its index in decimal digits. */
export function childOf(node: Container, key: string): ConfigNode | undefined {
  if (node.kind === 'map') return node.entries.get(key);
  return /^\d+$/.test(key) ? node.items[Number(key)] : undefined;
}

export function keysOf(node: ConfigNode): string[] {
  if (node.kind === 'map') return [...node.entries.keys()];
  return node.kind === 'list' ? node.items.map((_, index) => String(index)) : [];
}

export function copyNode<Node extends ConfigNode>(node: Node): Node {
  const from: ConfigNode = node;
  if (from.kind === 'map')
    return { ...from, entries: new Map([...from.entries].map(([key, child]) => [key, copyNode(child)])) } as ConfigNode as Node;
  if (from.kind === 'list') return { ...from, items: from.items.map(copyNode) } as ConfigNode as Node;
  return { ...from } as ConfigNode as Node;
}

/** A node within a string, as Python's str() writes it; what stands in containers is not resolved. */
export function nodeText(node: ConfigNode): string {
  return node.kind === 'scalar' ? scalarText(node.value) : nodeRepr(node);
}

function nodeRepr(node: ConfigNode): string {
  if (node.kind === 'scalar') return scalarRepr(node.value);
  if (node.kind === 'list') return `[${node.items.map(nodeRepr).join(', ')}]`;
  return `{${[...node.entries].map(([key, child]) => `${scalarRepr(key)}: ${nodeRepr(child)}`).join(', ')}}`;
}
