import { resolve as resolvePath } from 'node:path';
import type { ConfigSchema, EncoderInput, ImageFilter, ImageFit } from '../../contracts/index.js';
import { Fault } from '../../faults/index.js';
import { patchesOf, resolveCheckpoint, type LoraConfig, type VisionExtent, type VisionSpec } from '../../tensor/index.js';
import { imageProcessor } from './image-processor.js';
import { misfit, readVisionSpec, type ImageProcessor, type VisionFamily } from './vision-family.js';

/** The options as the schema fills them in. */
export interface VisionOptions {
  path: string;
  'frame-height': number;
  'frame-width': number;
  'crop-size': number;
  fit: 'auto' | 'stretch' | 'shortest-edge' | 'pad';
  filter: 'auto' | ImageFilter;
  layer: 'last' | number;
  select: 'patches' | 'cls+patches' | 'pooled';
  trainable: boolean;
  lora: { rank: number; alpha: number; targets: 'all-linear' | string[]; layers: number[]; 'rank-stabilised': boolean } | null;
}

const pixels = (what: string) => ({
  type: 'integer',
  minimum: 0,
  maximum: 4096,
  default: 0,
  description: `${what}, pixels, a multiple of the checkpoint’s patch; 0: what the checkpoint’s image processor makes, or else what it was made for.`,
});

/** Options of every encoder with a vision tower; `selects` are the tokens that its family has. */
export function visionSchema(selects: readonly VisionOptions['select'][]): ConfigSchema {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['path'],
    properties: {
      path: {
        type: 'string',
        minLength: 1,
        description: 'The checkpoint: a Hugging Face folder of the tower, or of a model that has it as a part.',
      },
      'frame-height': pixels('Height that frames are brought to'),
      'frame-width': pixels('Width that frames are brought to'),
      'crop-size': pixels('Height and width that face crops are brought to'),
      fit: {
        enum: ['auto', 'stretch', 'shortest-edge', 'pad'],
        default: 'auto',
        description:
          'How frames come to their size: stretched, cut out of the middle, or padded to a square with the mean colour; auto: as the checkpoint’s image processor does.',
      },
      filter: {
        enum: ['auto', 'bilinear', 'bicubic', 'lanczos'],
        default: 'auto',
        description: 'Resampling of frames and crops, as Pillow’s; auto: as the checkpoint’s image processor does.',
      },
      layer: {
        anyOf: [{ const: 'last' }, { type: 'integer' }],
        default: 'last',
        description:
          'Which hidden state: last (after the last norm, where the model has one), or a number as in hidden_states, 0 the embeddings, -2 the last but one.',
      },
      select: { enum: [...selects], default: 'patches', description: 'Which tokens of an image come out.' },
      trainable: { type: 'boolean', default: false, description: 'Tune the tower’s own weights; else they stay as they are.' },
      lora: {
        type: ['object', 'null'],
        default: null,
        description: 'Low-rank adaptation of the frozen tower; null: none.',
        additionalProperties: false,
        properties: {
          rank: { type: 'integer', minimum: 1, default: 8, description: 'Rank of the additions.' },
          alpha: { type: 'number', exclusiveMinimum: 0, default: 16, description: 'The additions are multiplied by alpha / rank.' },
          targets: {
            anyOf: [{ const: 'all-linear' }, { type: 'array', items: { type: 'string' }, minItems: 1 }],
            default: 'all-linear',
            description: 'Linear layers by the end of their name, as [q_proj, v_proj]; all-linear: all of them.',
          },
          layers: { type: 'array', items: { type: 'integer', minimum: 0 }, default: [], description: 'Layers, from 0; empty: all.' },
          'rank-stabilised': { type: 'boolean', default: false, description: 'Multiply by alpha / sqrt(rank) (rsLoRA).' },
        },
      },
    },
  };
}

/** What an encoder's config and the checkpoint that it names come to. */
export interface VisionPlan {
  folder: string;
  spec: VisionSpec;
  extent: VisionExtent;
  processor: ImageProcessor;
  input: EncoderInput;
  /** Tokens of a frame and of a crop. */
  tokens: { frame: number; face: number };
}

/**
 * Reads the checkpoint's config and follows the options. Throws as `readVisionSpec` does; Fault PORT_MISMATCH where sizes are not the patch's,
 * CONFIG_VALUE where options contradict each other or the checkpoint has no such layer.
 */
export function visionPlan(
  encoder: string,
  family: VisionFamily,
  options: VisionOptions,
  resolve: (path: string) => string = (path) => resolvePath(path),
): VisionPlan {
  const folder = resolveCheckpoint(options.path, resolve);
  const spec = readVisionSpec(folder, family);
  const processor = imageProcessor(folder, family.processor);
  const usual = processor.size ?? { height: spec.image, width: spec.image };
  const side = (key: 'frame-height' | 'frame-width' | 'crop-size', own: number) => {
    const wanted = options[key] || own;
    // The reference implementation leaves out what is over of its own sizes; SigLIP's 384 pixels are 27 patches of 14.
    if (wanted !== own && wanted !== spec.image && wanted % spec.patch !== 0) {
      throw misfit(encoder, key, `${wanted} is not a multiple of the checkpoint's patch ${spec.patch}`, `a multiple of ${spec.patch}`);
    }
    if (wanted < spec.patch) throw misfit(encoder, key, `${wanted} is less than the checkpoint's patch ${spec.patch}`);
    return wanted;
  };
  const frame = { height: side('frame-height', usual.height), width: side('frame-width', usual.width) };
  const face = { height: side('crop-size', usual.height), width: side('crop-size', usual.height) };
  const filter = options.filter === 'auto' ? processor.filter : options.filter;
  const patches = ({ height, width }: { height: number; width: number }) => patchesOf(spec, height) * patchesOf(spec, width);
  const extra = options.select === 'cls+patches' ? 1 : 0;
  const count = (size: { height: number; width: number }) => (options.select === 'pooled' ? 1 : patches(size) + extra);
  return {
    folder,
    spec,
    extent: extentOf(encoder, spec, options),
    processor,
    input: { frame: { ...frame, fit: fitOf(encoder, options, processor, frame), filter }, face: { ...face, filter } },
    tokens: { frame: count(frame), face: count(face) },
  };
}

function fitOf(
  encoder: string,
  { fit }: VisionOptions,
  { mean, shortestEdge }: ImageProcessor,
  { height, width }: { height: number; width: number },
): ImageFit {
  if (fit === 'stretch' || (fit === 'auto' && shortestEdge === null)) return 'stretch';
  if (fit === 'pad') {
    if (height !== width)
      throw misfit(encoder, 'fit', `pad makes squares, frames are to be ${width} x ${height}`, 'frame-height equal to frame-width');
    const [red, green, blue] = mean.map((value) => Math.trunc(value * 255));
    return { pad: [red!, green!, blue!] };
  }
  // Of a cut that is no square, the longer side tells how large the image must be at least.
  return { shortestEdge: Math.round((shortestEdge ?? 1) * Math.max(height, width)) };
}

function extentOf(encoder: string, { layers }: VisionSpec, { layer, select }: VisionOptions): VisionExtent {
  const wrong = (key: string, why: string, expected: string) =>
    new Fault('CONFIG_VALUE', `encoder ${encoder}: ${why}`, { key: `encoder.${key}`, expected });
  if (layer === 'last') return { layers, norm: true, pooler: select === 'pooled' };
  if (select === 'pooled') throw wrong('layer', 'the pooled token is made of the last layer', 'layer: last');
  const index = layer < 0 ? layers + 1 + layer : layer;
  if (index < 0 || index > layers)
    throw wrong('layer', `there is no hidden state ${layer}, the checkpoint has ${layers} layers`, `${-layers - 1}..${layers}`);
  return { layers: index, norm: false, pooler: false };
}

/** Throws Fault CONFIG_VALUE where the tower shall be tuned in two ways at once. */
export function visionLora(encoder: string, { lora, trainable }: VisionOptions): LoraConfig | null {
  if (!lora) return null;
  if (trainable) {
    throw new Fault('CONFIG_VALUE', `encoder ${encoder}: lora keeps the tower's weights as they are, trainable tunes them`, {
      key: 'encoder.trainable',
      expected: 'one of the two',
    });
  }
  const { layers, 'rank-stabilised': rankStabilised, ...same } = lora;
  return { ...same, dropout: 0, rankStabilised, layers: layers.length ? layers : undefined };
}
