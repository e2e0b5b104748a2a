import { nearest } from '../faults/index.js';
import { type ConfigNode, copyNode, isMissing, type MapNode } from './config-node.js';
import { faultAt } from './fault-at.js';
import type { Resolution } from './resolve-interpolation.js';

/** Merges one container into another of the same kind: maps key by key, a list replaces a list. With `struct` no key may be new. */
export function mergeContainer(
  dest: ConfigNode,
  source: ConfigNode,
  path: readonly string[],
  resolution: Resolution,
  struct = false,
): void {
  dest.origin = source.origin ?? dest.origin;
  if (dest.kind === 'list' && source.kind === 'list') {
    dest.items = source.items;
  } else if (dest.kind === 'map' && source.kind === 'map') {
    for (const [key, node] of source.entries) mergeKey(dest, key, node, [...path, key], resolution, struct);
  } else {
    const name = (node: ConfigNode) => (node.kind === 'scalar' ? 'a value' : `a ${node.kind}`);
    const hint = `to replace it, delete it first: ~${path.join('.')}`;
    throw faultAt(source.origin, 'CONFIG_TYPE', `"${path.join('.')}" is ${name(dest)} and cannot be merged with ${name(source)}`, {
      key: path.join('.'),
      hint,
    });
  }
}

function mergeKey(dest: MapNode, key: string, node: ConfigNode, path: readonly string[], resolution: Resolution, struct: boolean): void {
  let old = dest.entries.get(key);
  if (old?.kind === 'scalar' && old.syntax) {
    // What an interpolation leads to is merged into a copy of it.
    const target = containerBehind(old, path, resolution);
    if (target) dest.entries.set(key, (old = { ...target, origin: old.origin, keyOrigin: old.keyOrigin }));
  }
  if (!old) {
    if (struct) {
      const known = [...dest.entries.keys()];
      const full = path.join('.');
      throw faultAt(node.keyOrigin ?? node.origin, 'CONFIG_UNKNOWN_KEY', `there is no key "${full}"`, {
        key: full,
        nearest: nearest(key, known),
        known,
      });
    }
    dest.entries.set(key, node);
  } else if (old.kind !== 'scalar' && node.kind !== 'scalar') {
    old.keyOrigin = node.keyOrigin ?? old.keyOrigin;
    mergeContainer(old, node, path, resolution, struct);
  } else if (!isMissing(node)) {
    dest.entries.set(key, node);
  }
}

function containerBehind(node: ConfigNode, path: readonly string[], resolution: Resolution): ConfigNode | undefined {
  try {
    const target = resolution.dereference({ node, path }).node;
    return target.kind === 'scalar' ? undefined : copyNode(target);
  } catch {
    // Not resolvable yet: the value is simply replaced, and a fault in it shows when all is composed.
    return undefined;
  }
}
