import { rowProjector } from 'mienlab/plugin';

export default rowProjector({
  name: 'mlp2x-gelu',
  summary: 'Projects every visual token by itself with two linear layers and GELU between them, as LLaVA-1.5 does.',
  citation: 'Liu et al., 2024, Improved Baselines with Visual Instruction Tuning (LLaVA-1.5)',
  layer: async () => (await import('./mlp2x-gelu.js')).mlp2xGelu,
});
