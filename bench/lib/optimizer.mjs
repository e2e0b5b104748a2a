/** AdamW with PyTorch's defaults; adapters are trained at a tenth of the full model's learning rate. */
export function optimizerOf({ adapter }) {
  const rate = adapter ? 1e-4 : 1e-3;
  return { name: 'adamw', 'learning-rate': rate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, 'weight-decay': 0.01 };
}
