import { definePlugin, visionEncoder } from 'mienlab/plugin';
import { clip } from './clip.js';

export default definePlugin({
  kind: 'encoder',
  name: 'clip',
  version: '1.0.0',
  contract: 1,
  summary: 'The vision tower of CLIP, of a LLaVA too, from its Hugging Face folder; frozen, tuned whole or by LoRA.',
  ...visionEncoder('clip', clip, ['patches', 'cls+patches', 'pooled']),
  citation: 'Radford et al., Learning Transferable Visual Models From Natural Language Supervision, ICML 2021',
  licence: { code: 'Apache-2.0', weights: 'the checkpoint’s own' },
});
