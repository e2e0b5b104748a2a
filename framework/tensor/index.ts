export { ConfigFields, readConfigFields } from './checkpoint/config-fields.js';
export { checkWeights, loadWeights, type WeightShapes } from './checkpoint/load-weights.js';
export { replaceFolder } from './checkpoint/replace-folder.js';
export { resolveCheckpoint } from './checkpoint/resolve-checkpoint.js';
export { safetensorsSource } from './checkpoint/safetensors-source.js';
export { tensorflow, useTensorflow, type Tensorflow } from './tensorflow.js';
export { elementCount } from './element-count.js';
export { differentiable } from './differentiable.js';
export { CompiledExtractor, type ExtractorOptions } from './graph/compiled-extractor.js';
export { CompiledGraph } from './graph/compiled-graph.js';
export { dataTypes, GraphBuilder, type GraphAttribute, type GraphTensor } from './graph/graph-builder.js';
export { adamScalars } from './kernels/adam-scalars.js';
export { GraphVariables, inPortions, TurnedGraphVariables, type GraphVariable } from './graph/graph-variables.js';
export { trace, type InputSpec, type TraceScope } from './graph/trace.js';
export { keptPackagePath, loadKeptPackage } from './kept-package.js';
export { openGraphModel } from './graph-model.js';
export { freeOnnxShapes } from './onnx/free-shapes.js';
export { OnnxSession, type OnnxValue } from './onnx/onnx-session.js';
export { kernels, type AdamKernel, type AdamStep, type HeadShape, type Kernels } from './kernels/kernels.js';
export { attachAdapter } from './lora/attach-adapter.js';
export { initialAdapter, type LoraAdapter, type LoraPair } from './lora/lora-adapter.js';
export { loraScaling, type LoraConfig } from './lora/lora-config.js';
export { endsWithName, linearModules, targetModules } from './lora/target-modules.js';
export { attention } from './ops/attention.js';
export { causalMask, type CausalMaskShape } from './ops/causal-mask.js';
export { crossAttention } from './ops/cross-attention.js';
export { binaryCrossEntropy, crossEntropy } from './ops/cross-entropy.js';
export { depthwiseConv } from './ops/depthwise-conv.js';
export { embed } from './ops/embed.js';
export { gelu } from './ops/gelu.js';
export { groupedAttention, groupHeads, ungroupHeads, type GroupedShape } from './ops/grouped-attention.js';
export { layerNorm } from './ops/layer-norm.js';
export { linear } from './ops/linear.js';
export { poolGrid } from './ops/pool-grid.js';
export { project, type LoraWeights, type ProjectionWeights } from './ops/project.js';
export { geluTanh, quickGelu } from './ops/sigmoid-gelu.js';
export { rmsNorm } from './ops/rms-norm.js';
export { rotary, rotaryTables, type RotaryTables } from './ops/rotary.js';
export { silu } from './ops/silu.js';
export { swiglu } from './ops/swiglu.js';
export { patchPart, type RowLayer } from './layers/patch-part.js';
export { streamProjector, type StreamPart } from './layers/stream-projector.js';
export {
  blockWeights,
  cachedBlock,
  transformerBlock,
  type BlockSize,
  type BlockWeights,
  type KeyValueCache,
} from './layers/transformer-block.js';
export { ggufConfig } from './gguf/gguf-config.js';
export { GgufFile } from './gguf/gguf-file.js';
export { ggufTokenizer, type GgufTokenizer } from './gguf/gguf-tokenizer.js';
export { ggufWeights } from './gguf/gguf-weights.js';
export { readSafetensors, writeSafetensors, type DeferredTensor, type SafetensorsFile, type StoredTensor } from './safetensors.js';
export { toTensors } from './to-tensors.js';
export { tidy } from './tidy.js';
export { constantVariable, normalVariable } from './variables.js';
export { weightedRows } from './weighted-rows.js';
export type { StoredWeight, WeightSource } from './weight-source.js';
export type { DecodeSession } from './decode/decode-session.js';
export { EagerSession, type CachePlaces, type DecodePass } from './decode/eager-session.js';
export { beamRows, generateTokens, type GeneratedSequence, type GenerateTokensInputs } from './decode/generate-tokens.js';
export { patchesOf, type VisionNames, type VisionSpec } from './vision/vision-spec.js';
export { visionSizes } from './vision/vision-sizes.js';
export { VisionTower, type PatchGrid } from './vision/vision-tower.js';
export { visionWeightShapes, type VisionExtent } from './vision/vision-weights.js';
