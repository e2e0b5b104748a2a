import type { ConfigSchema, ImageFilter } from 'mienlab/contracts';

/** The options as the schema fills them in. */
export interface OnnxOptions {
  path: string;
  input: string;
  output: string;
  'image-height': number;
  'image-width': number;
  layout: 'auto' | 'nchw' | 'nhwc';
  channels: 'rgb' | 'bgr';
  'rescale-factor': number;
  'image-mean': [number, number, number];
  'image-std': [number, number, number];
  filter: ImageFilter;
  'shortest-edge': number;
  'drop-tokens': number;
  tokens: number;
  width: number;
  batch: number;
  threads: number;
}

const text = (description: string) => ({ type: 'string', default: '', description });
const count = (description: string, maximum = 65_536) => ({ type: 'integer', minimum: 0, maximum, default: 0, description });
const colours = (description: string, items: object = {}) => ({
  type: 'array',
  items: { type: 'number', ...items },
  minItems: 3,
  maxItems: 3,
  default: [0.5, 0.5, 0.5],
  description,
});

export const onnxSchema: ConfigSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['path'],
  properties: {
    path: { type: 'string', minLength: 1, description: 'The ONNX file; its external data, where it has some, lies beside it.' },
    input: text('Name of the input for images; empty: the only one.'),
    output: text('Name of the output to take; empty: the first.'),
    'image-height': count('Height of an image, pixels; 0: what the file says.', 4096),
    'image-width': count('Width of an image, pixels; 0: what the file says.', 4096),
    layout: {
      enum: ['auto', 'nchw', 'nhwc'],
      default: 'auto',
      description:
        'Order of the input’s axes: image, channel, height, width or image, height, width, channel; auto: by where the file has 3.',
    },
    channels: { enum: ['rgb', 'bgr'], default: 'rgb', description: 'Order of colours.' },
    'rescale-factor': {
      type: 'number',
      exclusiveMinimum: 0,
      default: 1 / 255,
      description: 'Pixels 0..255 times this are what image-mean and image-std are about.',
    },
    'image-mean': colours('Taken off each of red, green, blue.'),
    'image-std': colours('What each of red, green, blue is then divided by.', { exclusiveMinimum: 0 }),
    filter: {
      enum: ['bilinear', 'bicubic', 'lanczos'],
      default: 'bicubic',
      description: 'Resampling of frames and crops, as Pillow’s.',
    },
    'shortest-edge': count('Scale the shorter edge of frames to so many pixels and cut out the middle; 0: stretch.', 4096),
    'drop-tokens': count('Leading tokens of an image to leave out, as a class token.'),
    tokens: count('Tokens of an image that the output has, those to drop included; 0: what the file says.'),
    width: count('Width of a token; 0: what the file says.', 1 << 20),
    batch: {
      type: 'integer',
      minimum: 1,
      maximum: 1024,
      default: 8,
      description: 'Images per call, where the file leaves it open; changes speed and memory.',
    },
    threads: count('Threads of a call; 0: as ONNX Runtime thinks best.', 1024),
  },
};
