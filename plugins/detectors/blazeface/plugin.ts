import { definePlugin } from 'mienlab/plugin';
import type { BlazeFaceOptions } from './blazeface.js';

export default definePlugin({
  kind: 'detector',
  name: 'blazeface',
  version: '1.0.0',
  contract: 1,
  summary: "Finds faces with BlazeFace's 256-pixel back-camera model, batch by batch on the run's tensor backend.",
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      'min-score': { type: 'number', minimum: 0, maximum: 1, default: 0.5, description: 'Least score of a face to keep, 0..1.' },
      'iou-threshold': {
        type: 'number',
        minimum: 0,
        maximum: 1,
        default: 0.3,
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
        default: 12,
        description: 'Least width and height of a face to keep, pixels of the frame.',
      },
      batch: {
        type: 'integer',
        minimum: 1,
        maximum: 64,
        default: 8,
        description: 'Frames per call of the network; changes speed, not results.',
      },
    },
  },
  consumes: ['frames'],
  produces: () => ({ type: 'detections', dims: {} }),
  kernels: ['FusedConv2D', 'DepthwiseConv2dNative', 'MaxPool', 'PadV2'],
  deterministic: true,
  citation: 'Bazarevsky et al., BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs, 2019, arXiv:1907.05047',
  licence: { code: 'Apache-2.0', weights: 'MIT (npm @vladmandic/human; the model is of MediaPipe, Apache-2.0)' },
  create: async (context, config) => {
    const { BlazeFace } = await import('./blazeface.js');
    return BlazeFace.open(context, {
      minScore: config['min-score'],
      iouThreshold: config['iou-threshold'],
      maxFaces: config['max-faces'],
      minSize: config['min-size'],
      batch: config['batch'],
    } as BlazeFaceOptions);
  },
});
