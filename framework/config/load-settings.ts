import { FaultList, type Fault } from '../faults/index.js';
import type { ComposedConfig } from './compose-config.js';
import { blockKeys, openKeys, settingsConvict, settingsSchema, type Settings } from './settings-schema.js';
import { trainFaults } from './train-faults.js';
import { convictLines, isTree, unknownKeys, type Tree } from './unknown-keys.js';

/** Makes faults that say where a value of a composed config came from. */
export type Placed = Pick<ComposedConfig, 'fault' | 'choiceFault' | 'choices'>;

interface LoadOptions {
  placed: Placed;
  env?: NodeJS.ProcessEnv;
  /** Command-line arguments that the schema names, such as `--backend wasm`. */
  args?: string[];
}

/** Every leaf that is still `???`, wherever it stands. */
function missing(value: unknown, path: string[], placed: Placed): Fault[] {
  if (value === '???') {
    const key = path.join('.');
    return [placed.fault(path, 'CONFIG_MISSING', `"${key}" has no value yet`, { hint: `give it one: ${key}=VALUE` })];
  }
  if (Array.isArray(value)) return value.flatMap((entry, index) => missing(entry, [...path, String(index)], placed));
  return isTree(value) ? Object.entries(value).flatMap(([name, entry]) => missing(entry, [...path, name], placed)) : [];
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

/** The place of what convict found comes from the composed config. */
function fromConvict(message: string, settings: ReturnType<typeof settingsConvict>, placed: Placed): Fault[] {
  return convictLines(message).map(({ key, what }) => {
    const path = key.split('.');
    if (openKeys.includes(key) && settings.get(key as keyof Settings) === null) {
      return placed.fault(path, 'CONFIG_MISSING', `nothing is chosen for "${key}"`, { hint: `choose one: ${key}=NAME` });
    }
    return placed.fault(path, 'CONFIG_VALUE', `"${key}" ${what}`);
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
    ...(isTree(config['train']) ? trainFaults(config['train'], placed) : []),
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
