import { definePlugin, visionEncoder } from 'mienlab/plugin';
import { dinov2 } from './dinov2.js';

export default definePlugin({
  kind: 'encoder',
  name: 'dinov2',
  version: '1.0.0',
  contract: 1,
  summary: 'DINOv2 from its Hugging Face folder; frozen, tuned whole or by LoRA.',
  ...visionEncoder('dinov2', dinov2, ['patches', 'cls+patches', 'pooled']),
  citation: 'Oquab et al., DINOv2: Learning Robust Visual Features without Supervision, TMLR 2024',
  licence: { code: 'Apache-2.0', weights: 'the checkpoint’s own' },
});
