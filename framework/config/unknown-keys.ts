import { nearest, type Fault } from '../faults/index.js';
import type { Placed } from './load-settings.js';

export type Tree = Record<string, unknown>;
export const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);
/** A leaf of the schema has a format; a branch has further keys. */
const isLeaf = (schema: unknown) => isTree(schema) && 'format' in schema;

/** Keys that a schema does not have, and values where it has a branch. What stands under its leaves is not looked into. */
export function unknownKeys(value: Tree, schema: Tree, path: string[], placed: Placed): Fault[] {
  return Object.entries(value).flatMap(([name, entry]) => {
    const here = [...path, name];
    const key = here.join('.');
    const known = Object.keys(schema);
    if (!Object.hasOwn(schema, name)) {
      return [placed.fault(here, 'CONFIG_UNKNOWN_KEY', `no setting is called "${key}"`, { nearest: nearest(name, known), known }, 'key')];
    }
    const inner = schema[name] as Tree;
    if (isLeaf(inner)) return [];
    if (!isTree(entry)) return [placed.fault(here, 'CONFIG_TYPE', `"${key}" must be a map`, { known: Object.keys(inner) })];
    return unknownKeys(entry, inner, here, placed);
  });
}

/** convict names a key and says what is wrong in one line each. */
export function convictLines(message: string): { key: string; what: string }[] {
  return message.split('\n').map((line) => {
    const [, key = '', what = line] = /^(\S+): (.*)$/.exec(line.trim()) ?? [];
    return { key, what: what.replace(': value was', ', not') };
  });
}
