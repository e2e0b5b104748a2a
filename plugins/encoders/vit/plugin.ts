import { definePlugin, visionEncoder } from 'mienlab/plugin';
import { vit } from './vit.js';

export default definePlugin({
  kind: 'encoder',
  name: 'vit',
  version: '1.0.0',
  contract: 1,
  summary: 'A ViT from its Hugging Face folder; frozen, tuned whole or by LoRA.',
  ...visionEncoder('vit', vit, ['patches', 'cls+patches', 'pooled']),
  citation: 'Dosovitskiy et al., An Image is Worth 16x16 Words, ICLR 2021',
  licence: { code: 'Apache-2.0', weights: 'the checkpoint’s own' },
});
