/** Several times what float32 and float64 differ by in the reference implementation itself (measured on models of two and three layers). */
export const tolerances = {
  /** Logits and hidden states, absolute. */
  activations: 5e-5,
  /** Losses, absolute. */
  loss: 1e-5,
  /** Gradients and their norms, by the largest value of the tensor. */
  gradients: 5e-5,
  /** Weights after AdamW, absolute; steps are 1e-3. */
  tuned: 1e-4,
  /** Weights with an adapter's additions, absolute. */
  merged: 1e-6,
} as const;
