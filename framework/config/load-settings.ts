import { Fault, FaultList, nearest } from '../faults/index.js';
import type { ComposedConfig } from './compose-config.js';
import { blockKeys, openKeys, settingsConvict, settingsSchema, type Settings } from './settings-schema.js';

/** Makes faults that say where a value of a composed config came from. */
export type Placed = Pick<ComposedConfig, 'fault' | 'choiceFault' | 'choices'>;

interface LoadOptions {
  placed: Placed;
  env?: NodeJS.ProcessEnv;
  /** Command-line arguments that the schema names, such as `--backend wasm`. */
  args?: string[];
}

type Tree = Record<string, unknown>;
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);
/** A leaf of the schema has a format; a branch has further keys. */
const isLeaf = (schema: unknown) => isTree(schema) && 'format' in schema;

/** Every leaf that is still `???`, wherever it stands. */
function missing(value: unknown, path: string[], placed: Placed): Fault[] {
  if (value === '???') {
    const key = path.join('.');
    return [placed.fault(path, 'CONFIG_MISSING', `"${key}" has no value yet`, { hint: `give it one: ${key}=VALUE` })];
  }
  if (Array.isArray(value)) return value.flatMap((entry, index) => missing(entry, [...path, String(index)], placed));
  return isTree(value) ? Object.entries(value).flatMap(([name, entry]) => missing(entry, [...path, name], placed)) : [];
}

function unknownKeys(value: Tree, schema: Tree, path: string[], placed: Placed): Fault[] {
  return Object.entries(value).flatMap(([name, entry]) => {
    const here = [...path, name];
    const key = here.join('.');
    const known = Object.keys(schema);
    if (!Object.hasOwn(schema, name)) {
      return [placed.fault(here, 'CONFIG_UNKNOWN_KEY', `no setting is called "${key}"`, { nearest: nearest(name, known), known }, 'key')];
    }
    const inner = schema[name] as Tree;
    if (openKeys.includes(key) || isLeaf(inner)) return [];
    if (!isTree(entry)) return [placed.fault(here, 'CONFIG_TYPE', `"${key}" must be a map`, { known: Object.keys(inner) })];
    return unknownKeys(entry, inner, here, placed);
  });
}

/** A plugin's block without its name tells nobody what it is for. */
function namelessBlocks(config: Tree, placed: Placed): Fault[] {
  return blockKeys.flatMap((key) => {
    const block = config[key];
    if (block === undefined || block === null || block === '???') return [];
    if (!isTree(block)) return [placed.fault([key], 'CONFIG_TYPE', `"${key}" must be the block of a chosen plugin, with its name`)];
    if (typeof block['name'] === 'string') return [];
    return [placed.fault([key], 'CONFIG_MISSING', `"${key}" does not name a plugin`, { hint: `choose one: ${key}=NAME` })];
  });
}

/** convict names a key and says what is wrong in one line each; the place comes from the composed config. */
function fromConvict(message: string, settings: ReturnType<typeof settingsConvict>, placed: Placed): Fault[] {
  return message.split('\n').map((line) => {
    const [, key = '', what = line] = /^(\S+): (.*)$/.exec(line.trim()) ?? [];
    const path = key.split('.');
    if (openKeys.includes(key) && settings.get(key as keyof Settings) === null) {
      return placed.fault(path, 'CONFIG_MISSING', `nothing is chosen for "${key}"`, { hint: `choose one: ${key}=NAME` });
    }
    return placed.fault(path, 'CONFIG_VALUE', `"${key}" ${what.replace(': value was', ', not')}`);
  });
}

/** Settings that are each in range and do not go together. */
function contradictions({ generate }: Settings, placed: Placed): Fault[] {
  if (generate.beams === 1 || generate.temperature === 0) return [];
  return [
    placed.fault(['generate', 'beams'], 'CONFIG_VALUE', `"generate.beams" is ${generate.beams}, and beam search does not sample`, {
      hint: 'set generate.temperature=0, or generate.beams=1',
    }),
  ];
}

/**
 * Run settings from a composed config: unknown keys, missing values, types and ranges are all collected.
 * Throws a FaultList. Plugin blocks are only required to have a name here.
 */
export function loadSettings(config: Tree, { placed, env = process.env, args = [] }: LoadOptions): Settings {
  const faults = [
    ...missing(config, [], placed),
    ...unknownKeys(config, settingsSchema as unknown as Tree, [], placed),
    ...namelessBlocks(config, placed),
  ];
  const settings = settingsConvict(env, args);
  if (!faults.some((fault) => fault.code === 'CONFIG_UNKNOWN_KEY' || fault.code === 'CONFIG_TYPE')) {
    settings.load(structuredClone(config));
    try {
      settings.validate({ allowed: 'strict' });
      faults.push(...contradictions(settings.getProperties(), placed));
    } catch (error) {
      const named = new Set(faults.map((fault) => fault.details.key));
      faults.push(...fromConvict((error as Error).message, settings, placed).filter((fault) => !named.has(fault.details.key)));
    }
  }
  if (faults.length) throw new FaultList(faults);
  return settings.getProperties();
}
