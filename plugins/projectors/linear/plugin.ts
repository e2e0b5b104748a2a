import { rowProjector } from 'mienlab/plugin';

export default rowProjector({
  name: 'linear',
  summary: 'Projects every visual token by itself with one linear layer.',
  citation: 'Liu et al., 2023, Visual Instruction Tuning (LLaVA)',
  layer: async () => (await import('./linear.js')).linearLayer,
});
