import type { ImageFilter } from '../../contracts/index.js';
import { Fault } from '../../faults/index.js';
import { readConfigFields, type ConfigFields, type VisionSpec } from '../../tensor/index.js';

/** How a family's models want their images, where their folder does not say. */
export interface ImageProcessor {
  /** By colour, of pixels 0..1. */
  mean: readonly [number, number, number];
  std: readonly [number, number, number];
  filter: ImageFilter;
  /** The shorter edge as a multiple of the side that is cut out of its middle; null: images are stretched. */
  shortestEdge: number | null;
  /** What comes out of it, pixels, where that is not what the position table was learnt for. */
  size?: { height: number; width: number };
}

/** A family of vision towers as transformers has it. */
export interface VisionFamily {
  /** `model_type` of the tower's own config. */
  modelTypes: readonly string[];
  /** `model_type` of a config of several models whose `vision_config` may leave out its own. */
  wholeType?: string;
  spec(config: ConfigFields): VisionSpec;
  /** From the names that transformers 5 has for weights to those of the hub; names of the hub stay. */
  rename?(name: string): string;
  processor: ImageProcessor;
}

/** The tower's own config: the folder's, or its `vision_config`. */
function towerConfig(config: ConfigFields, { wholeType }: VisionFamily): { fields: ConfigFields; usual: boolean } {
  const part = config.fields('vision_config');
  return { fields: part ?? config, usual: part !== null && config.values['model_type'] === wholeType };
}

/** Whether a config.json is of a model with a tower of this family. */
export function isOfFamily(config: Readonly<Record<string, unknown>>, family: VisionFamily): boolean {
  const part = config['vision_config'] as { model_type?: unknown } | null | undefined;
  const type = part
    ? (part.model_type ?? (config['model_type'] === family.wholeType ? family.modelTypes[0] : undefined))
    : config['model_type'];
  return family.modelTypes.includes(type as string);
}

/**
 * The tower that a folder's config.json describes. Throws Fault ASSET_MISSING or CHECKPOINT_INVALID with file and key for what is missing, of
 * another architecture, or not supported.
 */
export function readVisionSpec(folder: string, family: VisionFamily, name = 'config.json'): VisionSpec {
  const { fields, usual } = towerConfig(readConfigFields(folder, name), family);
  fields.choice('model_type', family.modelTypes, usual ? family.modelTypes[0] : undefined);
  return family.spec(fields);
}

/** The config that a plugin was given does not fit; `key` is the option's. */
export function misfit(encoder: string, key: string, why: string, expected?: string): Fault {
  return new Fault('PORT_MISMATCH', `encoder ${encoder}: ${key} ${why}`, { key: `encoder.${key}`, expected });
}
