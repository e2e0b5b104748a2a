import { Fault, type FaultDetails, nearest } from '../faults/index.js';
import {
  childOf,
  type ConfigNode,
  type Container,
  isMissing,
  keysOf,
  type MapNode,
  mapNode,
  nodeText,
  type ScalarNode,
} from './config-node.js';
import { faultAt } from './fault-at.js';
import type { ElementSyntax, InterpolationSyntax, TextSyntax } from './interpolation-grammar.js';
import { ocResolvers } from './oc-resolvers.js';
import { scalarText } from './scalar.js';

const maxNodes = 200_000;
const maxText = 1 << 20;
const maxChain = 300;

/** A node and where it stands in the tree (keys from the root). */
export interface Located {
  node: ConfigNode;
  path: readonly string[];
}

/** The place from which an interpolation is resolved: its own node, its path, and the path of the container that it stands in. */
export interface Scope {
  node: ScalarNode;
  path: readonly string[];
  container: readonly string[];
}

/** Splits "a.b[0]" into its keys; what stands in brackets is one key. */
function splitKey(key: string): string[] {
  return [...key.matchAll(/\[(.*?)\]|(?:^|\.)([^.[]*)/g)].filter((match) => match[0] !== '').map((match) => match[1] ?? match[2]!);
}

/** Resolves interpolations within one tree. Never changes the tree. */
export class Resolution {
  readonly warnings: string[] = [];
  private readonly active: ScalarNode[] = [];
  private count = 0;

  constructor(
    readonly root: MapNode,
    readonly env: Readonly<Record<string, string | undefined>>,
  ) {}

  /** A copy of the whole tree without interpolations. Faults are added to `faults`; a value that has one is left out. */
  resolveAll(faults: Fault[]): MapNode {
    return this.copy({ node: this.root, path: [] }, [], faults) as MapNode;
  }

  /** What a node stands for: itself, or what its interpolation leads to in the end. */
  dereference(at: Located): Located {
    const { node, path } = at;
    if (node.kind !== 'scalar' || !node.syntax) return at;
    if (this.active.length > maxChain)
      throw faultAt(node.origin, 'CONFIG_TOO_LARGE', `more than ${maxChain} interpolations lead on to one another`);
    if (this.active.includes(node)) {
      const names = [...this.active.slice(this.active.indexOf(node)), node].map((each) => String(each.value)).join(' -> ');
      throw faultAt(node.origin, 'CONFIG_CYCLE', `the interpolations lead back to where they began: ${names}`, { key: path.join('.') });
    }
    this.active.push(node);
    try {
      return this.text(node.syntax, { node, path, container: path.slice(0, -1) });
    } finally {
      this.active.pop();
    }
  }

  /** The node under a key: absolute, or from `container` where it begins with dots. Undefined where there is none. */
  select(key: string, container: readonly string[] = []): Located | undefined {
    const base = this.base(key, container);
    return base && this.walk(base, splitKey(key.replace(/^\.+/, '')));
  }

  /** A resolved copy of one node. Throws its first fault. */
  resolved(at: Located): ConfigNode {
    const faults: Fault[] = [];
    const copy = this.copy(at, [], faults);
    if (faults[0]) throw faults[0];
    return copy;
  }

  fault(scope: Scope, message: string, details: FaultDetails = {}): Fault {
    return faultAt(scope.node.origin, 'INTERPOLATION', message, details);
  }

  /** Where a key begins: the root, or for one dot the container, for each further dot one level up. */
  private base(key: string, container: readonly string[]): Located | undefined {
    const dots = /^\.*/.exec(key)![0].length;
    if (dots === 0) return { node: this.root, path: [] };
    return dots - 1 > container.length
      ? undefined
      : this.walk({ node: this.root, path: [] }, container.slice(0, container.length - dots + 1));
  }

  private walk(base: Located, keys: readonly string[]): Located | undefined {
    let at = base;
    for (const key of keys) {
      at = this.dereference(at);
      const child = at.node.kind === 'scalar' ? undefined : childOf(at.node, key);
      if (!child) return undefined;
      at = { node: child, path: [...at.path, key] };
    }
    return at;
  }

  private copy(at: Located, open: readonly Container[], faults: Fault[]): ConfigNode {
    if (++this.count > maxNodes)
      throw new Fault('CONFIG_TOO_LARGE', `the config has more than ${maxNodes} values once its interpolations are resolved`);
    let found: Located;
    try {
      found = this.dereference(at);
    } catch (error) {
      if (!(error instanceof Fault) || error.code === 'CONFIG_TOO_LARGE') throw error;
      faults.push(withKey(error, at.path));
      return { kind: 'scalar', value: null, origin: at.node.origin };
    }
    const { node, path } = found;
    const { origin, keyOrigin } = at.node;
    if (node.kind === 'scalar') return { kind: 'scalar', value: node.value, origin, keyOrigin };
    if (open.includes(node)) {
      faults.push(faultAt(origin, 'CONFIG_CYCLE', 'the interpolation leads to a map that contains it', { key: at.path.join('.') }));
      return { kind: 'scalar', value: null, origin };
    }
    const inside = [...open, node];
    if (node.kind === 'list') {
      return {
        kind: 'list',
        items: node.items.map((item, index) => this.copy({ node: item, path: [...path, String(index)] }, inside, faults)),
        origin,
        keyOrigin,
      };
    }
    const entries = new Map(
      [...node.entries].map(([key, child]) => [key, this.copy({ node: child, path: [...path, key] }, inside, faults)]),
    );
    return { kind: 'map', entries, origin, keyOrigin };
  }

  private text(text: TextSyntax, scope: Scope): Located {
    const [only] = text.parts;
    if (text.parts.length === 1 && typeof only === 'object') return this.interpolation(only, scope);
    return { node: { kind: 'scalar', value: this.joined(text.parts, scope), origin: scope.node.origin }, path: scope.path };
  }

  private joined(parts: readonly (string | InterpolationSyntax)[], scope: Scope): string {
    let joined = '';
    for (const part of parts) {
      joined += typeof part === 'string' ? part : nodeText(this.interpolation(part, scope).node);
      if (joined.length > maxText) throw faultAt(scope.node.origin, 'CONFIG_TOO_LARGE', `the text grows beyond ${maxText} characters`);
    }
    return joined;
  }

  /** Evaluates an interpolation; what a resolver makes is a new node that stands where the interpolation does. */
  private interpolation(syntax: InterpolationSyntax, scope: Scope): Located {
    if (syntax.kind === 'reference')
      return this.reference(
        this.joined(
          syntax.parts.map((part) => this.keyPart(part, scope)),
          scope,
        ),
        scope,
      );
    const name = this.joined(syntax.name, scope);
    const resolver = Object.hasOwn(ocResolvers, name) ? ocResolvers[name] : undefined;
    if (!resolver) {
      const known = Object.keys(ocResolvers);
      throw this.fault(scope, `no resolver is called "${name}"`, { nearest: nearest(name, known), known });
    }
    const args = syntax.args.map((argument) => this.element(argument, scope));
    const result = resolver(args, scope, this);
    return 'path' in result ? result : { node: { ...result, origin: result.origin ?? scope.node.origin }, path: scope.path };
  }

  private keyPart(part: string | InterpolationSyntax, scope: Scope): string {
    if (typeof part === 'string') return part;
    const { node } = this.interpolation(part, scope);
    if (node.kind === 'scalar' && typeof node.value === 'string') return node.value;
    throw this.fault(scope, `an interpolation within a key gives ${nodeText(node)}`, { expected: 'a string' });
  }

  private reference(shown: string, scope: Scope): Located {
    let at = this.base(shown, scope.container);
    if (!at) throw this.fault(scope, `"${shown}" goes up beyond the root`);
    for (const key of splitKey(shown.replace(/^\.+/, ''))) {
      at = this.dereference(at);
      const child = at.node.kind === 'scalar' ? undefined : childOf(at.node, key);
      if (!child) {
        const known = keysOf(at.node);
        const why =
          at.node.kind === 'scalar' ? `"${at.path.join('.')}" is not a map and has no "${key}"` : `nothing is called "${key}" there`;
        throw this.fault(scope, `"${shown}" leads nowhere: ${why}`, { nearest: nearest(key, known), known });
      }
      if (isMissing(child)) throw this.missing(shown, child, scope);
      at = { node: child, path: [...at.path, key] };
    }
    const target = this.dereference(at);
    if (isMissing(target.node)) throw this.missing(shown, target.node, scope);
    if (target.node.kind !== 'scalar' && this.contains(target, scope)) {
      throw faultAt(scope.node.origin, 'CONFIG_CYCLE', `"${shown}" leads to what contains this interpolation`);
    }
    return target;
  }

  private contains(target: Located, scope: Scope): boolean {
    return target.path.length <= scope.container.length && target.path.every((key, index) => scope.container[index] === key);
  }

  private missing(key: string, node: ConfigNode, scope: Scope): Fault {
    return faultAt(scope.node.origin ?? node.origin, 'CONFIG_MISSING', `"${key}" is needed here but has no value yet (???)`, {
      hint: `give it one: ${key}=VALUE`,
    });
  }

  /** The value of a resolver's argument, or of a text given to `oc.decode`. */
  element(syntax: ElementSyntax, scope: Scope): ConfigNode {
    const origin = scope.node.origin;
    switch (syntax.kind) {
      case 'value':
        return { kind: 'scalar', value: syntax.value, origin };
      case 'quoted':
        return { kind: 'scalar', value: this.joined(syntax.text.parts, scope), origin };
      case 'text':
        return { kind: 'scalar', value: this.joined(syntax.parts, scope), origin };
      case 'items':
        return { kind: 'list', items: syntax.items.map((item) => this.element(item, scope)), origin };
      case 'pairs': {
        const map = mapNode(origin);
        for (const { key, value } of syntax.pairs) map.entries.set(scalarText(key), this.element(value, scope));
        return map;
      }
      default: {
        const found = this.interpolation(syntax, scope);
        return found.node.kind === 'scalar' ? found.node : this.resolved(found);
      }
    }
  }
}

function withKey(fault: Fault, path: readonly string[]): Fault {
  return fault.details.key !== undefined ? fault : new Fault(fault.code, fault.message, { ...fault.details, key: path.join('.') });
}
