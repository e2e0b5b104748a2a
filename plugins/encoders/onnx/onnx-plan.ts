import { resolve as resolvePath } from 'node:path';
import { Fault, nearest } from 'mienlab/faults';
import { readOnnxHeader, type ValueInfo } from './onnx-header.js';
import type { OnnxOptions } from './options.js';

/** How the model is called and what it gives: all of it settled before the model is loaded. */
export interface OnnxPlan {
  path: string;
  input: { name: string; type: 'float32' | 'uint8'; layout: 'nchw' | 'nhwc'; height: number; width: number };
  output: { name: string; form: OutputForm };
  /** Images per call; exactly so many where `fixed`. */
  batch: number;
  fixed: boolean;
  /** Of an image, as they come out here: those to drop are not counted. */
  tokens: number;
  width: number;
}

/** [image, width]; [image, token, width]; a map [image, width, rows, columns] or [image, rows, columns, width]. */
type OutputForm = 'vector' | 'tokens' | 'map-nchw' | 'map-nhwc';

/** TensorProto.DataType. */
const typeNames = ['no tensor', 'float32', 'uint8', 'int8', 'uint16', 'int16', 'int32', 'int64', 'string', 'bool', 'float16', 'float64'];
const typeName = (type: number) => typeNames[type] ?? `type ${type}`;

const show = ({ name, type, dims }: ValueInfo) =>
  `${name}: ${typeName(type)} ${dims ? `[${dims.map((dim) => dim || '?').join(', ')}]` : ''}`;

/**
 * Follows the options through the model's header. Throws as `readOnnxHeader` does; Fault CONFIG_VALUE where a name is not the model's; Fault
 * PORT_MISMATCH where it cannot be fed with images, or where sizes are neither in the file nor given, with the option that would settle it.
 */
export function onnxPlan(options: OnnxOptions, resolve: (path: string) => string = (path) => resolvePath(path)): OnnxPlan {
  const path = resolve(options.path);
  const { inputs, outputs } = readOnnxHeader(path);
  const source = pick('input', options.input, inputs);
  const others = inputs.filter((one) => one !== source);
  if (others.length) {
    throw misfit('input', `the model must be given ${inputs.map(show).join(' and ')}, mienlab has images alone`, {
      expected: 'a model with one input',
      hint: 'export the vision tower by itself',
    });
  }
  const output = pick('output', options.output, outputs);
  const { layout, dims } = inputLayout(source, options);
  const side = (key: 'image-height' | 'image-width', dim: number | string) => sizeOf(key, options[key], dim, show(source));
  const [height, width] = layout === 'nchw' ? [dims[2]!, dims[3]!] : [dims[1]!, dims[2]!];
  const fixed = typeof dims[0] === 'number';
  return {
    path,
    input: {
      name: source.name,
      type: source.type === 2 ? 'uint8' : 'float32',
      layout,
      height: side('image-height', height),
      width: side('image-width', width),
    },
    ...outputPlan(output, options, layout),
    batch: fixed ? (dims[0] as number) : options.batch,
    fixed,
  };
}

function misfit(key: keyof OnnxOptions, message: string, details: { expected?: string; hint?: string } = {}): Fault {
  return new Fault('PORT_MISMATCH', `encoder onnx: ${message}`, { key: `encoder.${key}`, ...details });
}

/** By name; without one the first, which of inputs is the only one. */
function pick(key: 'input' | 'output', name: string, values: readonly ValueInfo[]): ValueInfo {
  const known = values.map((value) => value.name);
  const found = name ? values.find((value) => value.name === name) : values[0];
  if (found) return found;
  if (!name) throw misfit('path', `the model has no ${key}`);
  throw new Fault('CONFIG_VALUE', `encoder onnx: the model has no ${key} "${name}"`, {
    key: `encoder.${key}`,
    nearest: nearest(name, known),
    known,
  });
}

function inputLayout(source: ValueInfo, options: OnnxOptions): { layout: 'nchw' | 'nhwc'; dims: (number | string)[] } {
  const { dims } = source;
  if (source.type !== 1 && source.type !== 2)
    throw misfit('input', `the model takes ${show(source)}`, { expected: 'float32 or uint8', hint: 'export it in float32' });
  if (dims?.length !== 4) throw misfit('input', `the model takes ${show(source)}`, { expected: 'images, four axes' });
  const axis = { nchw: 1, nhwc: 3 } as const;
  const [first, last] = [dims[1]!, dims[3]!];
  const layout = options.layout !== 'auto' ? options.layout : first === 3 ? 'nchw' : last === 3 ? 'nhwc' : undefined;
  if (!layout) {
    if (typeof first === 'string' || typeof last === 'string')
      throw misfit('layout', `which axis of ${show(source)} has the colours is not known`, { hint: 'set encoder.layout to nchw or nhwc' });
    throw misfit('input', `the model takes ${show(source)}, images here have 3 channels`, { expected: '3 channels' });
  }
  const channels = dims[axis[layout]]!;
  if (typeof channels === 'number' && channels !== 3)
    throw misfit('layout', `the model takes ${show(source)}, in ${layout} that is ${channels} channels`, { expected: '3 channels' });
  return { layout, dims };
}

function sizeOf(key: keyof OnnxOptions, given: number, dim: number | string, what: string): number {
  if (typeof dim === 'number') {
    if (given && given !== dim) throw misfit(key, `${key} is ${given}, but the model has ${what}`, { expected: String(dim) });
    return dim;
  }
  if (given) return given;
  throw misfit(key, `${what} leaves ${key} open`, { hint: `set encoder.${key}` });
}

function outputPlan(output: ValueInfo, options: OnnxOptions, layout: 'nchw' | 'nhwc'): Pick<OnnxPlan, 'output' | 'tokens' | 'width'> {
  const { name, type, dims } = output;
  const what = show(output);
  if (type !== 1) throw misfit('output', `the model gives ${what}`, { expected: 'float32', hint: 'export it in float32' });
  if (!dims || dims.length < 2 || dims.length > 4) {
    throw misfit('output', `the model gives ${what}`, {
      expected: '[image, width], [image, token, width], [image, width, rows, columns] or [image, rows, columns, width]',
    });
  }
  const form = (['vector', 'tokens', layout === 'nchw' ? 'map-nchw' : 'map-nhwc'] as const)[dims.length - 2]!;
  const all = tokenCount(dims, form, options, what);
  const tokens = all - options['drop-tokens'];
  if (tokens < 1) throw misfit('drop-tokens', `of ${all} tokens of an image none is left`, { expected: `at most ${all - 1}` });
  return { output: { name, form }, tokens, width: sizeOf('width', options.width, dims[form === 'map-nchw' ? 1 : dims.length - 1]!, what) };
}

function tokenCount(dims: readonly (number | string)[], form: OutputForm, options: OnnxOptions, what: string): number {
  if (form === 'vector') return sizeOf('tokens', options.tokens, 1, what);
  const sides = form === 'tokens' ? [dims[1]!] : form === 'map-nchw' ? dims.slice(2) : dims.slice(1, 3);
  const known = sides.every((side) => typeof side === 'number');
  return sizeOf('tokens', options.tokens, known ? (sides as number[]).reduce((product, side) => product * side) : '', what);
}
