import { definePlugin, visionEncoder } from 'mienlab/plugin';
import { siglip } from './siglip.js';

export default definePlugin({
  kind: 'encoder',
  name: 'siglip',
  version: '1.0.0',
  contract: 1,
  summary: 'The vision tower of SigLIP or SigLIP 2 (fixed sizes) from its Hugging Face folder; frozen, tuned whole or by LoRA.',
  ...visionEncoder('siglip', siglip, ['patches', 'pooled']),
  citation: 'Zhai et al., Sigmoid Loss for Language Image Pre-Training, ICCV 2023',
  licence: { code: 'Apache-2.0', weights: 'the checkpoint’s own' },
});
