import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { Fault, FaultList } from '../faults/index.js';
import { type ConfigNode, type MapNode, mapNode } from './config-node.js';
import { faultAt } from './fault-at.js';
import { parseText } from './interpolation-grammar.js';
import type { Origin, SourceText } from './origin.js';
import { plainScalar } from './plain-scalar.js';
import { Float, type Scalar as Value, scalarText } from './scalar.js';

const maxBytes = 1 << 20;
const maxNodes = 100_000;
const maxDepth = 100;
const shownFaults = 10;
const core = 'tag:yaml.org,2002:';

/** Reads one YAML text into nodes, values as OmegaConf's loader resolves them. Faults of syntax are thrown together. */
export function parseYaml(from: SourceText): ConfigNode {
  const whole: Origin = { from, start: 0, end: 1 };
  if (from.text.length > maxBytes)
    throw new Fault('CONFIG_TOO_LARGE', `the file has more than ${maxBytes} characters`, { where: { source: from.source } });
  let document: Document.Parsed;
  try {
    document = parseDocument(from.text, { schema: 'failsafe', uniqueKeys: false, merge: false, prettyErrors: false, logLevel: 'error' });
    // The library tells of its own stack overflow as an error of the document.
    if (document.errors.some((error) => /call stack/.test(error.message))) throw new RangeError('too deep');
    const faults = document.errors.slice(0, shownFaults).map((error) => {
      const [start, end] = error.pos;
      return faultAt({ from, start: Math.min(start, from.text.length), end }, 'CONFIG_SYNTAX', error.message.replace(/\n[^]*$/, ''), {
        cause: error,
      });
    });
    if (faults.length > 0) throw new FaultList(faults);
    return document.contents === null ? mapNode(whole) : new YamlReader(from).read(document.contents);
  } catch (error) {
    if (error instanceof RangeError) throw faultAt(whole, 'CONFIG_TOO_LARGE', 'the file is nested too deeply', { cause: error });
    throw error;
  }
}

class YamlReader {
  private count = 0;
  private readonly anchors = new Map<string, Node>();
  private readonly open = new Set<Node>();
  private readonly faults: Fault[] = [];

  constructor(private readonly from: SourceText) {}

  read(contents: Node): ConfigNode {
    const node = this.node(contents);
    if (this.faults.length > 0) throw new FaultList(this.faults);
    return node;
  }

  private node(node: Node | null, key?: Origin): ConfigNode {
    if (++this.count > maxNodes) {
      throw faultAt(
        node ? this.origin(node) : key,
        'CONFIG_TOO_LARGE',
        `the file has more than ${maxNodes} values once its aliases are expanded`,
      );
    }
    if (node === null) return { kind: 'scalar', value: null, origin: key };
    if (isAlias(node)) return this.alias(node);
    const anchor = (node as { anchor?: string }).anchor;
    if (anchor) this.anchors.set(anchor, node);
    if (isScalar(node)) return this.scalar(node);
    if (this.open.has(node)) throw faultAt(this.origin(node), 'CONFIG_CYCLE', 'an alias contains itself');
    if (this.open.size >= maxDepth) throw faultAt(this.origin(node), 'CONFIG_TOO_LARGE', `values are nested more than ${maxDepth} deep`);
    this.open.add(node);
    try {
      return isMap(node) ? this.map(node) : this.list(node as YAMLSeq);
    } finally {
      this.open.delete(node);
    }
  }

  private alias(node: Alias): ConfigNode {
    const target = this.anchors.get(node.source);
    if (target) return this.node(target);
    this.fault(node, `no anchor &${node.source} stands before this alias`, { known: [...this.anchors.keys()] });
    return { kind: 'scalar', value: null, origin: this.origin(node) };
  }

  private list(node: YAMLSeq): ConfigNode {
    this.checkTag(node, 'seq');
    return { kind: 'list', items: node.items.map((item) => this.node(item as Node | null)), origin: this.origin(node) };
  }

  private map(node: YAMLMap): MapNode {
    this.checkTag(node, 'map');
    const own = mapNode(this.origin(node));
    const merged: MapNode[] = [];
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      const origin = this.origin(pair.key);
      if (isScalar(pair.key) && pair.key.value === '<<' && pair.key.type === 'PLAIN') {
        merged.push(...this.mergeSources(pair.value, origin));
        continue;
      }
      const key = this.key(pair.key);
      if (key === undefined) continue;
      const child = this.node(pair.value, origin);
      child.keyOrigin = origin;
      if (own.entries.has(key)) this.fault(pair.key, `the key "${key}" stands twice in one map`, { key, hint: 'keep one of the two' });
      own.entries.set(key, child);
    }
    if (merged.length === 0) return own;
    const all = mapNode(own.origin);
    for (const source of [...merged.reverse(), own]) for (const [key, child] of source.entries) all.entries.set(key, child);
    return all;
  }

  private mergeSources(value: Node | null, origin: Origin): MapNode[] {
    const node = this.node(value, origin);
    const sources = node.kind === 'list' ? node.items : [node];
    return sources.filter((source): source is MapNode => {
      if (source.kind !== 'map') this.faults.push(faultAt(origin, 'CONFIG_TYPE', 'a merge key "<<" takes a map or a list of maps'));
      return source.kind === 'map';
    });
  }

  private key(node: Node): string | undefined {
    const key = isAlias(node) ? this.alias(node) : isScalar(node) ? this.scalar(node) : undefined;
    if (key?.kind === 'scalar' && key.value !== null) return typeof key.value === 'boolean' ? String(key.value) : scalarText(key.value);
    this.fault(node, 'this cannot be a key', { expected: 'a string, a number or true/false' });
    return undefined;
  }

  private scalar(node: Scalar): ConfigNode {
    const origin = this.origin(node);
    const value = this.value(node, String(node.value ?? ''));
    if (typeof value !== 'string' || !value.includes('${')) return { kind: 'scalar', value, origin };
    try {
      return { kind: 'scalar', value, origin, syntax: parseText(value) };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.faults.push(faultAt(origin, error.code, error.message, { expected: error.details.expected, hint: error.details.hint }));
      return { kind: 'scalar', value, origin };
    }
  }

  private value(node: Scalar, text: string): Value {
    const plain = node.type === 'PLAIN';
    if (!node.tag || node.tag === '!' || node.tag === `${core}str`) {
      return plain && !node.tag ? plainScalar(text) : text;
    }
    const value = plainScalar(text);
    if (node.tag === `${core}null`) return null;
    if (node.tag === `${core}bool` && typeof value === 'boolean') return value;
    if (node.tag === `${core}int` && (typeof value === 'number' || typeof value === 'bigint')) return value;
    if (node.tag === `${core}float`) {
      if (value instanceof Float) return value;
      if (typeof value === 'number') return new Float(value);
    }
    this.fault(node, `the tag ${node.tag} does not fit "${text}"`, {
      expected: '!!str, !!int, !!float, !!bool or !!null, or no tag',
      hint: 'tags that build objects are never read',
    });
    return text;
  }

  private checkTag(node: Node & { tag?: string }, expected: string): void {
    if (node.tag && node.tag !== core + expected)
      this.fault(node, `the tag ${node.tag} is not known here`, { hint: 'tags that build objects are never read' });
  }

  private fault(node: Node, message: string, details: { expected?: string; hint?: string; key?: string; known?: string[] }): void {
    this.faults.push(faultAt(this.origin(node), 'CONFIG_SYNTAX', message, details));
  }

  private origin(node: Node): Origin {
    const [start, end] = node.range ?? [0, 1];
    return { from: this.from, start, end };
  }
}
