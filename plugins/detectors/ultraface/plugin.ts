import { definePlugin, faceLimitProperties, faceLimits } from 'mienlab/plugin';

const side = (size: number, description: string) => ({ type: 'integer', minimum: 32, default: size, description });

export default definePlugin({
  kind: 'detector',
  name: 'ultraface',
  version: '1.0.0',
  contract: 1,
  summary: 'Finds faces with an RFB network of Ultra-Light-Fast-Generic-Face-Detector out of a file of yours, in ONNX Runtime on the CPU.',
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['path'],
    properties: {
      path: { type: 'string', minLength: 1, description: 'The ONNX file, such as version-RFB-640.onnx.' },
      ...faceLimitProperties(0.7, 16),
      width: side(640, 'Width of what the network in the file sees, pixels.'),
      height: side(480, 'Height of what the network in the file sees, pixels.'),
      threads: {
        type: 'integer',
        minimum: 0,
        maximum: 256,
        default: 0,
        description: 'Threads of ONNX Runtime; 0 for as many as there are cores.',
      },
    },
  },
  consumes: ['frames'],
  produces: () => ({ type: 'detections', dims: {} }),
  optionalPackages: [
    { name: 'onnxruntime-node', version: '1.30.0', why: 'runs the network; "mienlab setup --also onnxruntime" fetches it' },
  ],
  deterministic: true,
  citation: 'Linzaer, Ultra-Light-Fast-Generic-Face-Detector-1MB, 2019, github.com/Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB',
  licence: { code: 'Apache-2.0', weights: 'yours; those of the reference are MIT' },
  create: async (context, config) => {
    const { UltraFace } = await import('./ultraface.js');
    return UltraFace.open(context, {
      ...faceLimits(config),
      path: config['path'] as string,
      width: config['width'] as number,
      height: config['height'] as number,
      threads: config['threads'] as number,
    });
  },
});
