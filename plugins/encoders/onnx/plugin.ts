import { definePlugin } from 'mienlab/plugin';
import { onnxPlan } from './onnx-plan.js';
import { onnxSchema, type OnnxOptions } from './options.js';

export default definePlugin({
  kind: 'encoder',
  name: 'onnx',
  version: '1.0.0',
  contract: 1,
  summary: 'Any image encoder in ONNX, frozen, run by ONNX Runtime: a vector, tokens or a feature map of every frame and crop.',
  config: onnxSchema,
  consumes: ['frames', 'tracks'],
  input: (config) => {
    const options = config as unknown as OnnxOptions;
    const { height, width } = onnxPlan(options).input;
    const { filter, 'shortest-edge': shortestEdge } = options;
    return {
      frame: { height, width, filter, fit: shortestEdge ? { shortestEdge } : 'stretch' },
      face: { height, width, filter },
    };
  },
  produces: (config, { frames, tracks }) => {
    const { tokens, width } = onnxPlan(config as unknown as OnnxOptions);
    return {
      type: 'visual-tokens',
      dims: {
        time: frames?.dims['count'] ?? null,
        'frame-tokens': tokens,
        'face-tokens': tracks?.dims['principal'] ? tokens : 0,
        width,
      },
    };
  },
  frozen: () => true,
  optionalPackages: [{ name: 'onnxruntime-node', version: '1.30.0', why: 'runs the model; "mienlab setup --only onnxruntime"' }],
  deterministic: true,
  licence: { code: 'Apache-2.0', weights: 'the model’s own' },
  create: async (context, config) => {
    const { OnnxEncoder } = await import('./onnx.js');
    return OnnxEncoder.open(context, config as unknown as OnnxOptions);
  },
});
