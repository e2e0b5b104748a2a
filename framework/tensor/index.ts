export { tensorflow, useTensorflow, type Tensorflow } from './tensorflow.js';
export { differentiable } from './differentiable.js';
export { kernels, type AdamKernel, type AdamStep, type HeadShape, type Kernels } from './kernels/kernels.js';
export { CompiledGraph } from './graph/compiled-graph.js';
export { dataTypes, GraphBuilder, type GraphTensor } from './graph/graph-builder.js';
export { trace, type InputSpec } from './graph/trace.js';
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
export type { DecodeSession } from './decode/decode-session.js';
export { generateTokens, type GeneratedSequence, type GenerateTokensInputs } from './decode/generate-tokens.js';
