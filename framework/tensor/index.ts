export { tensorflow, useTensorflow, type Tensorflow } from './tensorflow.js';
export { differentiable } from './differentiable.js';
export { kernels, type AdamKernel, type AdamMoments, type AdamStep, type HeadShape, type Kernels } from './kernels/kernels.js';
export { attention } from './ops/attention.js';
export { binaryCrossEntropy, crossEntropy } from './ops/cross-entropy.js';
export { embed } from './ops/embed.js';
export { gelu } from './ops/gelu.js';
export { linear } from './ops/linear.js';
export { rmsNorm } from './ops/rms-norm.js';
export {
  blockWeights,
  cachedBlock,
  transformerBlock,
  type BlockSize,
  type BlockWeights,
  type KeyValueCache,
} from './layers/transformer-block.js';
export { readSafetensors, writeSafetensors, type SafetensorsFile, type StoredTensor } from './safetensors.js';
export { toTensors } from './to-tensors.js';
export { tidy } from './tidy.js';
export { constantVariable, normalVariable } from './variables.js';
