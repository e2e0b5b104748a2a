// A bench's model as mienlab has it, and one training step on it; for the worker and for profile-step.
import { tensorflow } from 'mienlab/tensor';
import { readConfigFields } from '../../dist/framework/tensor/checkpoint/config-fields.js';
import { safetensorsSource } from '../../dist/framework/tensor/checkpoint/safetensors-source.js';
import { crossEntropy } from '../../dist/framework/tensor/ops/cross-entropy.js';
import { decoderSpec } from '../../dist/plugins/llm-heads/causal-lm/checkpoint-config.js';
import { Decoder } from '../../dist/plugins/llm-heads/causal-lm/decoder.js';
import { readAdapter } from '../../dist/plugins/llm-heads/causal-lm/lora/read-adapter.js';
import { decoderWeightShapes } from '../../dist/plugins/llm-heads/causal-lm/weight-shapes.js';

/** Numbers in a list of variables. */
export const sizeOf = (variables) => variables.reduce((sum, { size }) => sum + size, 0);

/** A checkpoint folder as a decoder. */
export function loadModel({ model }) {
  return Decoder.load(decoderSpec(readConfigFields(model)), safetensorsSource(model));
}

/** The adapter's variables, put into the decoder. */
function loadAdapter(decoder, folder) {
  const tf = tensorflow();
  const variable = (data, shape) => tf.tidy(() => tf.variable(tf.tensor(data, shape)));
  return [...readAdapter(folder, decoderWeightShapes(decoder.spec)).pairs].flatMap(([module, { rank, scaling, a, b }]) => {
    const variables = [variable(a, [rank, a.length / rank]), variable(b, [b.length / rank, rank])];
    decoder.adapters.set(module, { a: variables[0], b: variables[1], scaling, dropout: 0 });
    return variables;
  });
}

/** What an engine needs for steps on the spec's batch: its options and the batch; and what parameters there are. */
export function trainingStep(spec) {
  const { inputs, targets, optimizer } = spec;
  const decoder = loadModel(spec);
  const base = Object.values(decoder.variables);
  const adapted = spec.adapter ? loadAdapter(decoder, spec.adapter) : [];
  const [batch, length] = [inputs.length, inputs[0].length];
  const rows = batch * length;
  const integers = (values) => ({ data: Int32Array.from(values), shape: [rows] });
  const host = {
    ids: integers(inputs.flat()),
    targets: integers(targets.flat()),
    positions: integers(inputs.flatMap((row) => row.map((_, i) => i))),
    weights: { data: new Float32Array(rows).fill(1 / rows), shape: [rows] },
  };
  const forward = (_, { ids, targets, positions, weights }) => {
    const hidden = decoder.forward(decoder.embed(ids), { batch, length, positions, segments: null });
    const caption = crossEntropy(decoder.logits(hidden), targets, weights);
    return { caption, auxiliary: null, total: caption };
  };
  const { beta1, beta2, ...rest } = optimizer;
  const variables = adapted.length ? adapted : base;
  const named = Object.fromEntries(variables.map((variable, i) => [`${i}`, variable]));
  const groups = [{ variables: named, learningRate: rest['learning-rate'], weightDecay: rest['weight-decay'] }];
  const adamw = { ...rest, betas: [beta1, beta2], momentum: 0, nesterov: false };
  const options = { groups, forward, optimizer: adamw, clip: 0, precision: spec.dtype, engine: 'auto', 'check-engine': false };
  return { variables, options, host, parameters: sizeOf(base) + sizeOf(adapted) };
}
