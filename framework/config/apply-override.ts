import { Fault, nearest } from '../faults/index.js';
import { childOf, type ConfigNode, type Container, isMissing, keysOf, type MapNode, mapNode } from './config-node.js';
import type { ConfigRepository } from './config-repository.js';
import { faultAt } from './fault-at.js';
import { parseText } from './interpolation-grammar.js';
import { mergeContainer } from './merge.js';
import type { Origin } from './origin.js';
import { type Override, overrideKey } from './parse-override.js';
import { Dict, Quoted, type Value } from './override-value.js';
import { Resolution } from './resolve-interpolation.js';
import { scalarsEqual, scalarText } from './scalar.js';
import { isSweep, ListExtension } from './sweep-value.js';

/** Applies overrides of values to a merged tree, in which no key may be new unless an override adds it. */
export class OverrideApplication {
  private readonly resolution: Resolution;

  constructor(
    private readonly root: MapNode,
    private readonly repository: ConfigRepository,
    env: Readonly<Record<string, string | undefined>>,
  ) {
    this.resolution = new Resolution(root, env);
  }

  /** Applies one. Throws a Fault where it does not fit; the tree is then as it was. */
  apply(override: Override): void {
    if (override.package !== undefined) {
      const [group, known] = [override.key, this.repository.groups()];
      throw this.fault(
        override,
        'CHOICE_UNKNOWN',
        `"${overrideKey(override)}" looks like a config group, but there is no group "${group}"`,
        { nearest: nearest(group, known), known },
      );
    }
    if (override.key === '') throw this.fault(override, 'OVERRIDE_SYNTAX', 'the key is missing', { expected: 'key=value' });
    if (/^hydra([./]|$)/.test(override.key))
      throw this.fault(override, 'CONFIG_UNKNOWN_KEY', "mienlab has no settings of Hydra's own", { key: override.key });
    const keys = override.key.split('.');
    if (override.action === 'delete') return this.delete(override, keys);
    const old = this.find(keys, override);
    if (override.value instanceof ListExtension) return this.extend(override, keys, old, override.value);
    const origin: Origin = {
      from: override.from,
      start: Math.min(override.valueStart, override.from.text.length),
      end: override.from.text.length,
    };
    const node = nodeOf(override.value, origin);
    node.keyOrigin = keyOrigin(override);
    // Looked at first: adding anything to an interpolation that leads nowhere is a fault, as in Hydra.
    if (override.action === 'add' && old && !this.isEmpty(old, keys) && node.kind === 'scalar') {
      const hint = `to change it, write ${override.from.text.slice(1)}; to do either, +${override.from.text}`;
      throw this.fault(override, 'CONFIG_VALUE', `there is already a value at "${override.key}"`, { key: override.key, hint });
    }
    this.set(override, keys, node);
  }

  private fault(override: Override, code: Fault['code'], message: string, details: Fault['details'] = {}): Fault {
    return faultAt(keyOrigin(override), code, message, { key: override.key, ...details });
  }

  private find(keys: readonly string[], override: Override): ConfigNode | undefined {
    if (override.action === 'change' && !(override.value instanceof ListExtension)) return undefined;
    return this.resolution.select(keys.map((key) => `[${key}]`).join(''))?.node;
  }

  private isEmpty(node: ConfigNode, path: readonly string[]): boolean {
    const target = this.resolution.dereference({ node, path }).node;
    return isMissing(target) || (target.kind === 'scalar' && target.value === null);
  }

  /** Puts a node under a key; a dict is merged into a map, a list replaces a list. */
  private set(override: Override, keys: readonly string[], node: ConfigNode): void {
    const adds = override.action !== 'change';
    let at: Container = this.root;
    for (const [index, key] of keys.slice(0, -1).entries()) {
      const child = childOf(at, key);
      if (child && child.kind !== 'scalar') {
        at = child;
        continue;
      }
      if (!adds || (at.kind === 'list' && !child)) throw this.unknown(override, at, keys, child ? index + 1 : index);
      const made = mapNode(node.origin);
      made.keyOrigin = node.keyOrigin;
      if (at.kind === 'list') at.items[Number(key)] = made;
      else at.entries.set(key, made);
      at = made;
    }
    const last = keys.at(-1)!;
    const old = childOf(at, last);
    if (old && old.kind !== 'scalar' && node.kind !== 'scalar') {
      mergeContainer(old, node, keys, this.resolution, !adds);
    } else if (at.kind === 'list') {
      if (!old) throw this.unknown(override, at, keys, keys.length - 1);
      at.items[Number(last)] = node;
    } else {
      if (!old && !adds) throw this.unknown(override, at, keys, keys.length - 1);
      at.entries.set(last, node);
    }
  }

  private unknown(override: Override, at: Container, keys: readonly string[], index: number): Fault {
    const [parent, key] = [keys.slice(0, index).join('.'), keys[index]!];
    const { text } = override.from;
    if (at.kind === 'list') {
      const expected = at.items.length > 0 ? `0 to ${at.items.length - 1}` : 'nothing: the list is empty';
      return this.fault(override, 'CONFIG_UNKNOWN_KEY', `the list "${parent}" has no item "${key}"`, {
        expected,
        hint: `to add items, write ${parent}=extend_list(VALUE)`,
      });
    }
    const held = childOf(at, key);
    const before = index > 0 && held === undefined ? childOf(at, keys[index - 1]!) : undefined;
    if (before?.kind === 'scalar' && index < keys.length) {
      return this.fault(override, 'CONFIG_UNKNOWN_KEY', `"${parent}" is not a map, so there is no "${keys.join('.')}"`, {
        hint: `to make it one, write +${text}`,
      });
    }
    const known = [...keysOf(at), ...(index === 0 ? this.repository.groups().filter((group) => !childOf(at, group)) : [])];
    const where = parent === '' ? '' : ` in "${parent}"`;
    return this.fault(override, 'CONFIG_UNKNOWN_KEY', `there is no key "${key}"${where}`, {
      nearest: nearest(key, known),
      known,
      hint: `to add it, write +${text}`,
    });
  }

  private extend(override: Override, keys: readonly string[], old: ConfigNode | undefined, { items }: ListExtension): void {
    if (old?.kind !== 'list')
      throw this.fault(override, 'CONFIG_TYPE', `"${override.key}" is not a list that could be extended`, {
        hint: `write ${override.key}=[...]`,
      });
    const origin: Origin = { from: override.from, start: override.valueStart, end: override.from.text.length };
    const added = items.map((item) => nodeOf(item, origin));
    this.set({ ...override, action: 'change' }, keys, { ...old, items: [...old.items, ...added], origin });
  }

  private delete(override: Override, keys: readonly string[]): void {
    const holder = this.resolution.select(
      keys
        .slice(0, -1)
        .map((key) => `[${key}]`)
        .join(''),
    );
    const parent = holder && this.resolution.dereference(holder);
    const last = keys.at(-1)!;
    const child = parent && parent.node.kind !== 'scalar' ? childOf(parent.node, last) : undefined;
    if (!parent || parent.node.kind !== 'map' || !child || this.isEmpty(child, [...parent.path, last])) {
      const known = parent ? keysOf(parent.node) : keysOf(this.root);
      const why =
        child && parent?.node.kind === 'map'
          ? 'it has no value'
          : parent?.node.kind === 'list'
            ? 'items of a list cannot be deleted'
            : 'it does not exist';
      throw this.fault(override, 'CONFIG_UNKNOWN_KEY', `"${override.key}" cannot be deleted: ${why}`, {
        nearest: nearest(last, known),
        known,
      });
    }
    const wanted = override.value === null ? undefined : nodeOf(override.value, keyOrigin(override));
    const actual = this.resolution.resolved({ node: child, path: [...parent.path, last] });
    if (wanted && !sameValue(wanted, actual)) {
      throw this.fault(override, 'CONFIG_VALUE', `"${override.key}" is not deleted: it has another value`, {
        expected: actual.kind === 'scalar' ? scalarText(actual.value) : `a ${actual.kind}`,
      });
    }
    parent.node.entries.delete(last);
  }
}

function keyOrigin({ from, action }: Override): Origin {
  const start = { change: 0, add: 1, force: 2, delete: 1 }[action];
  const end = from.text.indexOf('=');
  return { from, start, end: end === -1 ? from.text.length : end };
}

function sameValue(a: ConfigNode, b: ConfigNode): boolean {
  if (a.kind === 'scalar' || b.kind === 'scalar') return a.kind === 'scalar' && b.kind === 'scalar' && scalarsEqual(a.value, b.value);
  const keys = keysOf(a);
  return (
    a.kind === b.kind &&
    keys.length === keysOf(b).length &&
    keys.every((key) => childOf(b, key) && sameValue(childOf(a, key)!, childOf(b, key)!))
  );
}

/** The value of an override as nodes. Throws where a sweep stands within it, or an interpolation cannot be read. */
function nodeOf(value: Value, origin: Origin): ConfigNode {
  if (Array.isArray(value)) return { kind: 'list', items: value.map((item) => nodeOf(item, origin)), origin };
  if (value instanceof Dict) {
    const map = mapNode(origin);
    for (const [key, item] of value.pairs) {
      if (key === null) throw faultAt(origin, 'CONFIG_TYPE', 'null cannot be a key');
      const node = nodeOf(item, origin);
      node.keyOrigin = origin;
      map.entries.set(typeof key === 'boolean' ? String(key) : scalarText(key), node);
    }
    return map;
  }
  if (isSweep(value) || value instanceof ListExtension)
    throw faultAt(origin, 'OVERRIDE_SYNTAX', 'a sweep or extend_list cannot stand within a value', { hint: 'it must be the whole value' });
  const plain = value instanceof Quoted ? value.text : value;
  if (typeof plain !== 'string' || !plain.includes('${')) return { kind: 'scalar', value: plain, origin };
  try {
    return { kind: 'scalar', value: plain, origin, syntax: parseText(plain) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw faultAt(origin, error.code, error.message, { expected: error.details.expected });
  }
}
