import convict, { type Schema } from 'convict';
import type { Fault } from '../faults/index.js';
import type { Placed } from './load-settings.js';
import { settingsSchema } from './settings-schema.js';
import { convictLines, isTree, unknownKeys, type Tree } from './unknown-keys.js';

/** What a stage may say: all of `train` but stages. */
const { stages: _, ...stageSchema } = settingsSchema.train as unknown as Tree;
const named = { name: { format: String, default: '' }, ...stageSchema };
const partKeys = ['learning-rate', 'weight-decay'];

/** Faults in those keys of `train` that convict takes whole: the settings of parts, and the stages. */
export function trainFaults(train: Tree, placed: Placed): Fault[] {
  const stages = Array.isArray(train['stages']) ? train['stages'].filter(isTree) : [];
  return [
    ...partFaults(train['parts'], ['train', 'parts'], placed),
    ...stages.flatMap((stage, i) => stageFaults(stage, ['train', 'stages', String(i)], placed)),
  ];
}

function stageFaults(stage: Tree, path: string[], placed: Placed): Fault[] {
  const unknown = unknownKeys(stage, named, path, placed);
  if (unknown.length) return unknown;
  const settings = convict(named as unknown as Schema<Tree>);
  settings.load(structuredClone(stage));
  try {
    settings.validate({ allowed: 'strict' });
  } catch (error) {
    return convictLines((error as Error).message).map(({ key, what }) => {
      const here = [...path, ...key.split('.')];
      return placed.fault(here, 'CONFIG_VALUE', `"${here.join('.')}" ${what}`);
    });
  }
  return partFaults(stage['parts'], [...path, 'parts'], placed);
}

function partFaults(parts: unknown, path: string[], placed: Placed): Fault[] {
  return Object.entries(isTree(parts) ? parts : {}).flatMap(([pattern, part]) => {
    const here = [...path, pattern];
    if (!isTree(part)) return [placed.fault(here, 'CONFIG_TYPE', `"${here.join('.')}" must be a map`, { known: partKeys })];
    const schema = Object.fromEntries(partKeys.map((key) => [key, { format: Number }]));
    const unknown = unknownKeys(part, schema, here, placed);
    if (unknown.length) return unknown;
    const wrong = Object.entries(part).filter(([, rate]) => typeof rate !== 'number' || !(rate >= 0 && rate <= 10));
    return wrong.map(([key]) =>
      placed.fault([...here, key], 'CONFIG_VALUE', `"${[...here, key].join('.')}" must be a number of at least 0 and at most 10`),
    );
  });
}
