import type { ConfigSchema, PluginConfig } from '../contracts/index.js';
import type { FaceLimits } from '../video/index.js';

/** The options that all detectors share, for a schema; `score`, `size` and `overlap` are the defaults of the limits that differ. */
export function faceLimitProperties(score: number, size: number, overlap = 0.3): ConfigSchema['properties'] {
  return {
    'min-score': { type: 'number', minimum: 0, maximum: 1, default: score, description: 'Least score of a face to keep, 0..1.' },
    'iou-threshold': {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: overlap,
      description: 'Of two boxes that overlap more than this (intersection over union) the one with the lower score is dropped.',
    },
    'max-faces': {
      type: 'integer',
      minimum: 1,
      default: 16,
      description: 'Most faces to keep in a frame, those with the highest scores.',
    },
    'min-size': {
      type: 'number',
      minimum: 0,
      default: size,
      description: 'Least width and height of a face to keep, pixels of the frame.',
    },
    'max-size': {
      type: 'number',
      minimum: 0,
      default: 0,
      description: 'Largest width and height of a face to keep, pixels of the frame; 0 for any.',
    },
  };
}

/** The same options of a config. */
export function faceLimits(config: PluginConfig): FaceLimits {
  return {
    minScore: config['min-score'] as number,
    iouThreshold: config['iou-threshold'] as number,
    maxFaces: config['max-faces'] as number,
    minSize: config['min-size'] as number,
    maxSize: config['max-size'] as number,
  };
}
