import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from 'mienlab/faults';
import { ConfigFields } from 'mienlab/tensor';
import { decoderSpec, isCausalLm } from './checkpoint-config.js';
import { ropeFrequencies } from './rope-frequencies.js';

const llama = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: 100,
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  max_position_embeddings: 128,
};
const qwen = { ...llama, model_type: 'qwen2', architectures: ['Qwen2ForCausalLM'] };

const specOf = (config: Record<string, unknown>) => decoderSpec(new ConfigFields(config, 'x/config.json'));

function faultOf(config: Record<string, unknown>): Fault {
  try {
    specOf(config);
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    assert.is(fault.code, 'CHECKPOINT_INVALID');
    assert.is(fault.details.where?.source, 'x/config.json');
    return fault;
  }
  throw new Error(`no fault for ${JSON.stringify(config)}`);
}

test('what config.json leaves out has the defaults of transformers', () => {
  const spec = specOf(llama);
  assert.equal(
    { ...spec, windows: [...spec.windows] },
    {
      family: 'llama',
      vocabulary: 100,
      hidden: 32,
      inner: 64,
      layers: 3,
      heads: 4,
      keyValueHeads: 4,
      headSize: 8,
      contextLength: 128,
      rope: { theta: 10_000, scaling: { type: 'default' } },
      epsilon: 1e-6,
      headNorm: false,
      bias: { queryKeyValue: false, output: false, mlp: false },
      windows: [null, null, null],
      padding: null,
      tied: false,
    },
  );
});

test('families differ in biases, norms and windows', () => {
  assert.equal([specOf({ ...llama, pad_token_id: 0 }).padding, specOf({ ...llama, pad_token_id: -1 }).padding], [0, 99]);
  assert.equal(specOf(qwen).bias, { queryKeyValue: true, output: false, mlp: false });
  const biased = { ...llama, attention_bias: true, mlp_bias: true };
  assert.equal(specOf(biased).bias, { queryKeyValue: true, output: true, mlp: true });
  assert.ok(specOf({ ...llama, model_type: 'qwen3', architectures: ['Qwen3ForCausalLM'], head_dim: 16 }).headNorm);
  const mistral = { ...llama, model_type: 'mistral', architectures: ['MistralForCausalLM'] };
  assert.equal(specOf({ ...mistral, sliding_window: 7 }).windows, [7, 7, 7]);
  assert.equal(specOf({ ...mistral, sliding_window: null }).windows, [null, null, null]);
});

test('windows of Qwen: off unless used, from max_window_layers on, or as layer_types says', () => {
  const sliding = { ...qwen, sliding_window: 9, max_window_layers: 1 };
  assert.equal(specOf(sliding).windows, [null, null, null]);
  assert.equal(specOf({ ...sliding, use_sliding_window: true }).windows, [null, 9, 9]);
  const types = ['sliding_attention', 'full_attention', 'sliding_attention'];
  assert.equal(specOf({ ...sliding, use_sliding_window: true, layer_types: types }).windows, [9, null, 9]);
  assert.is(faultOf({ ...sliding, layer_types: types }).details.key, 'layer_types');
  assert.is(faultOf({ ...sliding, use_sliding_window: true, layer_types: types.slice(1) }).details.key, 'layer_types');
  assert.is(faultOf({ ...sliding, use_sliding_window: true, layer_types: ['full', ...types.slice(1)] }).details.key, 'layer_types');
});

test('rope in both forms; what contradicts itself or is not supported is named', () => {
  assert.is(specOf({ ...llama, rope_theta: 5e5 }).rope.theta, 5e5);
  assert.is(specOf({ ...llama, rope_parameters: { rope_theta: 1e6, rope_type: 'default' } }).rope.theta, 1e6);
  assert.equal(specOf({ ...llama, rope_scaling: { type: 'linear', factor: 4 } }).rope.scaling, { type: 'linear', factor: 4 });
  const yarn = faultOf({ ...llama, rope_scaling: { rope_type: 'yarn', factor: 4 } });
  assert.is(yarn.details.key, 'rope_scaling.rope_type');
  assert.is(faultOf({ ...llama, rope_parameters: { rope_type: 'lama3' } }).details.nearest, 'llama3');
  assert.is(faultOf({ ...llama, rope_parameters: { rope_type: 'llama3', factor: 8 } }).details.key, 'rope_parameters.low_freq_factor');
  assert.is(faultOf({ ...llama, rope_theta: 1, rope_parameters: { rope_theta: 2 } }).details.key, 'rope_theta');
  const both = { rope_parameters: { rope_theta: 1, rope_type: 'linear', factor: 2 }, rope_scaling: { type: 'linear', factor: 3 } };
  assert.is(faultOf({ ...llama, ...both }).details.key, 'rope_scaling');
});

test('linear scaling divides all frequencies; llama3 keeps the fast, divides the slow, and goes between', () => {
  const wide = { ...llama, head_dim: 64 };
  const plain = ropeFrequencies(specOf(wide));
  const linear = ropeFrequencies(specOf({ ...wide, rope_scaling: { type: 'linear', factor: 4 } }));
  plain.forEach((frequency, i) => assert.is(linear[i], Math.fround(frequency / 4)));
  const scaling = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 128 };
  const scaled = ropeFrequencies(specOf({ ...wide, rope_scaling: scaling }));
  plain.forEach((frequency, i) => {
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength < 32) assert.is(scaled[i], frequency);
    else if (wavelength > 128) assert.is(scaled[i], Math.fround(frequency / 8));
    else assert.ok(scaled[i]! < frequency && scaled[i]! > frequency / 8);
  });
  assert.ok(
    scaled.some((frequency, i) => frequency !== plain[i] && frequency !== Math.fround(plain[i]! / 8)),
    'one lies between',
  );
});

test('what is unknown, missing, out of range or not divisible is named with its key', () => {
  const faults: [Record<string, unknown>, string][] = [
    [{ ...llama, model_type: 'lama' }, 'model_type'],
    [{ ...llama, model_type: undefined }, 'model_type'],
    [{ ...llama, architectures: ['LlamaForSequenceClassification'] }, 'architectures'],
    [{ ...llama, vocab_size: undefined }, 'vocab_size'],
    [{ ...llama, hidden_size: -1 }, 'hidden_size'],
    [{ ...llama, hidden_size: 1.5 }, 'hidden_size'],
    [{ ...llama, hidden_size: '32' }, 'hidden_size'],
    [{ ...llama, hidden_size: 1e18 }, 'hidden_size'],
    [{ ...llama, num_attention_heads: 5 }, 'num_attention_heads'],
    [{ ...llama, num_key_value_heads: 3 }, 'num_key_value_heads'],
    [{ ...llama, head_dim: 7 }, 'head_dim'],
    [{ ...llama, hidden_act: 'gelu' }, 'hidden_act'],
    [{ ...llama, pad_token_id: 100 }, 'pad_token_id'],
    [{ ...llama, rms_norm_eps: 0 }, 'rms_norm_eps'],
    [{ ...llama, partial_rotary_factor: 0.5 }, 'partial_rotary_factor'],
    [{ ...llama, quantization_config: { bits: 4 } }, 'quantization_config'],
    [{ ...llama, tie_word_embeddings: 'yes' }, 'tie_word_embeddings'],
  ];
  for (const [config, key] of faults) assert.is(faultOf(config).details.key, key, JSON.stringify(config));
  assert.is(faultOf({ ...llama, model_type: 'lama' }).details.nearest, 'llama');
  assert.ok(isCausalLm(llama) && !isCausalLm({ model_type: 'siglip_vision_model' }) && !isCausalLm({}));
});

test.run();
