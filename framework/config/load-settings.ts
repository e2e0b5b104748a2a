import type { Place } from '../faults/index.js';
import { Fault, FaultList, nearest } from '../faults/index.js';
import { openKeys, settingsConvict, settingsSchema, type Settings } from './settings-schema.js';

/** Finds where a value came from, by its path. */
export type Origin = (path: string[]) => Place | undefined;

interface LoadOptions {
  origin: Origin;
  env?: NodeJS.ProcessEnv;
  /** Command-line arguments that the schema names, such as `--backend wasm`. */
  args?: string[];
}

type Tree = Record<string, unknown>;
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);
/** A leaf of the schema has a format; a branch has further keys. */
const isLeaf = (schema: unknown) => isTree(schema) && 'format' in schema;

/** Every leaf that is still `???`, wherever it stands. */
function missing(value: unknown, path: string[], origin: Origin): Fault[] {
  if (value === '???') {
    const key = path.join('.');
    return [new Fault('CONFIG_MISSING', `"${key}" has no value yet`, { where: origin(path), key, hint: `give it one: ${key}=…` })];
  }
  if (Array.isArray(value)) return value.flatMap((entry, index) => missing(entry, [...path, String(index)], origin));
  return isTree(value) ? Object.entries(value).flatMap(([name, entry]) => missing(entry, [...path, name], origin)) : [];
}

function unknownKeys(value: Tree, schema: Tree, path: string[], origin: Origin): Fault[] {
  return Object.entries(value).flatMap(([name, entry]) => {
    const here = [...path, name];
    if (!Object.hasOwn(schema, name)) {
      const known = Object.keys(schema);
      const key = here.join('.');
      return [
        new Fault('CONFIG_UNKNOWN_KEY', `no setting is called "${key}"`, {
          where: origin(here),
          key,
          nearest: nearest(name, known),
          known,
        }),
      ];
    }
    if (openKeys.includes(here.join('.')) || isLeaf(schema[name])) return [];
    if (!isTree(entry)) {
      const key = here.join('.');
      return [new Fault('CONFIG_TYPE', `"${key}" must be a map`, { where: origin(here), key, known: Object.keys(schema[name] as Tree) })];
    }
    return unknownKeys(entry, schema[name] as Tree, here, origin);
  });
}

/** convict names a key and says what is wrong in one line each; the place comes from the origin. */
function fromConvict(message: string, settings: ReturnType<typeof settingsConvict>, origin: Origin): Fault[] {
  return message.split('\n').map((line) => {
    const [, key = '', what = line] = /^(\S+): (.*)$/.exec(line.trim()) ?? [];
    const where = origin(key.split('.'));
    if (openKeys.includes(key) && settings.get(key as keyof Settings) === null) {
      return new Fault('CONFIG_MISSING', `nothing is chosen for "${key}"`, { where, key, hint: `choose one: ${key}=NAME` });
    }
    return new Fault('CONFIG_VALUE', `"${key}" ${what.replace(': value was', ', not')}`, { where, key });
  });
}

/**
 * Run settings from a composed config: unknown keys, missing values, types and ranges are all collected.
 * Throws a FaultList. Plugin blocks are only required to have a name here.
 */
export function loadSettings(config: Tree, { origin, env = process.env, args = [] }: LoadOptions): Settings {
  const faults = [...missing(config, [], origin), ...unknownKeys(config, settingsSchema as unknown as Tree, [], origin)];
  const settings = settingsConvict(env, args);
  if (!faults.some((fault) => fault.code === 'CONFIG_UNKNOWN_KEY' || fault.code === 'CONFIG_TYPE')) {
    settings.load(structuredClone(config));
    try {
      settings.validate({ allowed: 'strict' });
    } catch (error) {
      const named = new Set(faults.map((fault) => fault.details.key));
      faults.push(...fromConvict((error as Error).message, settings, origin).filter((fault) => !named.has(fault.details.key)));
    }
  }
  if (faults.length) throw new FaultList(faults);
  return settings.getProperties();
}
