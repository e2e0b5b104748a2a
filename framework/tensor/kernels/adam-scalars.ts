/**
 * What TensorFlow's ResourceApplyAdam has to be told to compute PyTorch's Adam at a variable's update number `updates` (from 1). It would correct
 * the bias in float32, where 1 - 0.999 is off by 1.3e-5 of itself: so it gets powers of 0, which correct nothing, and the rate carries what
 * PyTorch computes in double precision, along with what the kernel's own 1 - beta is off by. TensorFlow's epsilon stands beside the
 * uncorrected root ("epsilon hat" of Kingma & Ba, 2015, section 2), PyTorch's beside the corrected.
 */
export function adamScalars(
  learningRate: number,
  { beta1, beta2, epsilon }: { beta1: number; beta2: number; epsilon: number },
  updates: number,
): { rate: number; epsilon: number } {
  const off1 = (1 - Math.fround(beta1)) / (1 - beta1);
  const off2 = Math.sqrt((1 - Math.fround(beta2)) / (1 - beta2));
  const root = Math.sqrt(1 - beta2 ** updates) * off2;
  return { rate: (learningRate * root) / (1 - beta1 ** updates) / off1, epsilon: epsilon * root };
}
