import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageFilter } from '../../contracts/index.js';
import { readConfigFields, type ConfigFields } from '../../tensor/index.js';
import type { ImageProcessor } from './vision-family.js';

/** PIL.Image.Resampling. */
const filters: Readonly<Record<number, ImageFilter>> = { 1: 'lanczos', 2: 'bilinear', 3: 'bicubic' };

/**
 * What a folder's preprocessor_config.json (in transformers 5 of a processor: processor_config.json) says of images; what it leaves out is as
 * the family has it. Throws Fault CHECKPOINT_INVALID with file and key.
 */
export function imageProcessor(folder: string, usual: ImageProcessor): ImageProcessor {
  const fields = processorFields(folder);
  if (!fields) return usual;
  const normalised = fields.flag('do_normalize', true);
  const filter = fields.has('resample') ? filters[fields.integer('resample', undefined, 0)] : usual.filter;
  if (!filter) throw fields.invalid('resample', 'the filter is not supported', { expected: '1 (lanczos), 2 (bilinear) or 3 (bicubic)' });
  return {
    mean: normalised ? colours(fields, 'image_mean', usual.mean) : [0, 0, 0],
    std: normalised ? colours(fields, 'image_std', usual.std) : [1, 1, 1],
    filter,
    shortestEdge: fields.has('do_center_crop') || fields.has('size') ? shortestEdge(fields) : usual.shortestEdge,
    size: sizeOf(fields),
  };
}

function processorFields(folder: string): ConfigFields | null {
  if (existsSync(join(folder, 'preprocessor_config.json'))) return readConfigFields(folder, 'preprocessor_config.json');
  return existsSync(join(folder, 'processor_config.json'))
    ? readConfigFields(folder, 'processor_config.json').fields('image_processor')
    : null;
}

/** A size is a number in old files, else {shortest_edge} or {height, width}; null where the key has no such side. */
function side(fields: ConfigFields, key: string, names: readonly string[]): number | null {
  if (typeof fields.values[key] === 'number') return fields.integer(key);
  const size = fields.fields(key);
  const name = size && names.find((one) => size.has(one));
  return name ? size.integer(name) : null;
}

const cuts = (fields: ConfigFields) => fields.flag('do_center_crop', false);

function shortestEdge(fields: ConfigFields): number | null {
  if (!cuts(fields)) return null;
  const edge = side(fields, 'size', ['shortest_edge', 'height']);
  const cut = side(fields, 'crop_size', ['height']);
  return edge && cut ? edge / cut : 1;
}

function sizeOf(fields: ConfigFields): ImageProcessor['size'] {
  const key = cuts(fields) ? 'crop_size' : 'size';
  const [height, width] = ['height', 'width'].map((name) => side(fields, key, [name]));
  return height && width ? { height, width } : undefined;
}

function colours(fields: ConfigFields, key: string, usual: ImageProcessor['mean']): ImageProcessor['mean'] {
  if (!fields.has(key)) return usual;
  const value = fields.values[key];
  if (
    Array.isArray(value) &&
    value.length === 3 &&
    value.every((one) => typeof one === 'number' && Number.isFinite(one) && (key === 'image_mean' || one > 0))
  )
    return value as [number, number, number];
  throw fields.invalid(key, 'it is no list of three numbers', { expected: key === 'image_std' ? 'numbers greater than 0' : undefined });
}
