import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../../faults/index.js';
import { packageRoot } from '../../paths.js';
import { seededRandom } from '../../plugin/index.js';
import { ggufConfig } from './gguf-config.js';
import { GgufFile } from './gguf-file.js';
import { ggufTokenizer } from './gguf-tokenizer.js';
import { ggufWeights } from './gguf-weights.js';
import {
  flag,
  float,
  float32Tensor,
  ggufBytes,
  text,
  texts,
  uint,
  type TestGguf,
  type TestTensor,
  type TypedValue,
} from './testing/gguf-bytes.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-gguf-weights-'));
test.after(() => rmSync(folder, { recursive: true }));
let files = 0;

function opened(gguf: TestGguf): GgufFile {
  const path = join(folder, `${files++}.gguf`);
  writeFileSync(path, ggufBytes(gguf));
  return new GgufFile(path);
}

function refused(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.instance(error, Fault, String(error));
    assert.is((error as Fault).code, 'CHECKPOINT_INVALID');
    return (error as Fault).message;
  }
  throw new Error('nothing was thrown');
}

/** d 8, 2 heads of 4, 1 key head, ffn 6, 10 tokens. */
function decoder(name: string, change: Record<string, TypedValue | undefined> = {}, extra: readonly TestTensor[] = []): TestGguf {
  const metadata: Record<string, TypedValue | undefined> = {
    'general.architecture': text(name),
    [`${name}.block_count`]: uint(1),
    [`${name}.context_length`]: uint(64),
    [`${name}.embedding_length`]: uint(8),
    [`${name}.feed_forward_length`]: uint(6),
    [`${name}.attention.head_count`]: uint(2),
    [`${name}.attention.head_count_kv`]: uint(1),
    [`${name}.attention.layer_norm_rms_epsilon`]: float(1e-6),
    [`${name}.rope.freq_base`]: float(500000),
    ...change,
  };
  const counting = (tensor: string, dims: number[], start = 0) =>
    float32Tensor(
      tensor,
      dims,
      Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => start + i),
    );
  const given = Object.entries(metadata).filter((entry): entry is [string, TypedValue] => entry[1] !== undefined);
  return {
    metadata: Object.fromEntries(given),
    tensors: [
      counting('token_embd.weight', [8, 10]),
      counting('output_norm.weight', [8]),
      counting('blk.0.attn_norm.weight', [8], 1),
      counting('blk.0.attn_q.weight', [8, 8]),
      counting('blk.0.attn_k.weight', [8, 4]),
      counting('blk.0.attn_v.weight', [8, 4]),
      counting('blk.0.attn_output.weight', [8, 8]),
      counting('blk.0.ffn_norm.weight', [8], 2),
      counting('blk.0.ffn_gate.weight', [8, 6]),
      counting('blk.0.ffn_up.weight', [8, 6]),
      counting('blk.0.ffn_down.weight', [6, 8]),
      ...extra,
    ],
  };
}

const rowsOf = (values: Float32Array, width: number) =>
  Array.from({ length: values.length / width }, (_, row) => values[row * width]! / width);

test('names and shapes are those of transformers', () => {
  const { tensors } = ggufWeights(opened(decoder('qwen3', {}, [float32Tensor('output.weight', [8, 10], new Float32Array(80))])));
  assert.equal(Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape])), {
    'model.embed_tokens.weight': [10, 8],
    'model.norm.weight': [8],
    'model.layers.0.input_layernorm.weight': [8],
    'model.layers.0.self_attn.q_proj.weight': [8, 8],
    'model.layers.0.self_attn.k_proj.weight': [4, 8],
    'model.layers.0.self_attn.v_proj.weight': [4, 8],
    'model.layers.0.self_attn.o_proj.weight': [8, 8],
    'model.layers.0.post_attention_layernorm.weight': [8],
    'model.layers.0.mlp.gate_proj.weight': [6, 8],
    'model.layers.0.mlp.up_proj.weight': [6, 8],
    'model.layers.0.mlp.down_proj.weight': [8, 6],
    'lm_head.weight': [10, 8],
  });
});

test("every module's name is the one that ggml's own package has for it", () => {
  const { names } = JSON.parse(readFileSync(join(packageRoot, 'tests', 'data', 'gguf-reference.json'), 'utf8')) as {
    names: Record<string, string>;
  };
  assert.is(Object.keys(names).length, 14);
  const metadata = { 'general.architecture': text('qwen3'), 'qwen3.attention.head_count': uint(1) };
  const tensors = Object.values(names).map((name, i) => float32Tensor(`${name}.weight`, [1], [i]));
  const weights = ggufWeights(opened({ metadata, tensors }));
  for (const [i, module] of Object.keys(names).entries()) assert.equal([...weights.read(`${module}.weight`)], [i], module);
  assert.is(weights.tensors.size, 14);
});

test("q and k of llama come back from the converter's order, biases too; those of qwen2 and qwen3 stay", () => {
  // permute() of convert_hf_to_gguf.py puts rows 0..3 of a head in the order 0 2 1 3.
  const biases = [float32Tensor('blk.0.attn_q.bias', [8], [0, 2, 1, 3, 4, 6, 5, 7]), float32Tensor('blk.0.attn_v.bias', [4], [0, 1, 2, 3])];
  const llama = ggufWeights(opened(decoder('llama', {}, biases)));
  assert.equal(rowsOf(llama.read('model.layers.0.self_attn.q_proj.weight'), 8), [0, 2, 1, 3, 4, 6, 5, 7]);
  assert.equal(rowsOf(llama.read('model.layers.0.self_attn.k_proj.weight'), 8), [0, 2, 1, 3]);
  assert.equal(rowsOf(llama.read('model.layers.0.self_attn.v_proj.weight'), 8), [0, 1, 2, 3]);
  assert.equal(rowsOf(llama.read('model.layers.0.mlp.gate_proj.weight'), 8), [0, 1, 2, 3, 4, 5]);
  assert.equal([...llama.read('model.layers.0.self_attn.q_proj.bias')], [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.equal([...llama.read('model.layers.0.self_attn.v_proj.bias')], [0, 1, 2, 3]);
  for (const name of ['qwen2', 'qwen3']) {
    const weights = ggufWeights(opened(decoder(name)));
    assert.equal(rowsOf(weights.read('model.layers.0.self_attn.q_proj.weight'), 8), [0, 1, 2, 3, 4, 5, 6, 7], name);
  }
});

test('the order of a larger head is undone: permuting it again gives the file', () => {
  const [heads, size, width] = [3, 16, 2];
  const rows = heads * size;
  const original = Float32Array.from({ length: rows * width }, (_, i) => i * 0.5);
  const permuted = new Float32Array(original.length);
  // reshape(heads, 2, size / 2, width).swapaxes(1, 2)
  for (let head = 0; head < heads; head++)
    for (let half = 0; half < 2; half++)
      for (let j = 0; j < size / 2; j++)
        for (let c = 0; c < width; c++)
          permuted[((head * (size / 2) + j) * 2 + half) * width + c] = original[((head * 2 + half) * (size / 2) + j) * width + c]!;
  const metadata = { 'general.architecture': text('llama'), 'llama.attention.head_count': uint(heads) };
  const weights = ggufWeights(opened({ metadata, tensors: [float32Tensor('blk.7.attn_k.weight', [width, rows], permuted)] }));
  assert.equal(weights.read('model.layers.7.self_attn.k_proj.weight'), original);
});

test('the config is that of the model it was made from', () => {
  assert.equal(ggufConfig(opened(decoder('llama', { 'tokenizer.ggml.eos_token_id': uint(2) }))), {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: 8,
    intermediate_size: 6,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    head_dim: 4,
    vocab_size: 10,
    max_position_embeddings: 64,
    rms_norm_eps: 1e-6,
    rope_theta: 500000,
    rope_scaling: null,
    hidden_act: 'silu',
    tie_word_embeddings: true,
    attention_bias: false,
    bos_token_id: null,
    eos_token_id: 2,
    pad_token_id: null,
    torch_dtype: 'float32',
  });
  const qwen3 = ggufConfig(
    opened(decoder('qwen3', { 'qwen3.attention.key_length': uint(16) }, [float32Tensor('output.weight', [8, 10], new Float32Array(80))])),
  );
  assert.is(qwen3['head_dim'], 16);
  assert.is(qwen3['tie_word_embeddings'], false);
  const mistral = ggufConfig(opened(decoder('llama', { 'llama.attention.sliding_window': uint(32) })));
  assert.is(mistral['model_type'], 'mistral');
  assert.is(mistral['sliding_window'], 32);
  const linear = { 'qwen2.rope.scaling.type': text('linear'), 'qwen2.rope.scaling.factor': float(2.5) };
  assert.equal(ggufConfig(opened(decoder('qwen2', linear)))['rope_scaling'], { rope_type: 'linear', factor: 2.5 });
});

test('the rotary scaling of Llama 3.1 is recognised by its divisors', () => {
  // transformers' _compute_llama3_parameters, as llama.cpp's converter writes it out.
  const [size, factor, theta] = [64, 32, 500000];
  const divisors = Array.from({ length: size / 2 }, (_, i) => {
    const wavelength = 2 * Math.PI * theta ** ((2 * i) / size);
    if (wavelength < 8192 / 4) return 1;
    if (wavelength > 8192) return factor;
    const smooth = (8192 / wavelength - 1) / (4 - 1);
    return 1 / ((1 - smooth) / factor + smooth);
  });
  const sized = { 'llama.attention.key_length': uint(size) };
  const config = ggufConfig(opened(decoder('llama', sized, [float32Tensor('rope_freqs.weight', [size / 2], divisors)])));
  assert.equal(config['rope_scaling'], {
    rope_type: 'llama3',
    factor: 32,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  });
  divisors[12]! += 0.5;
  const other = opened(decoder('llama', sized, [float32Tensor('rope_freqs.weight', [size / 2], divisors)]));
  assert.match(
    refused(() => ggufConfig(other)),
    'rope_freqs.weight',
  );
  assert.not.ok(ggufWeights(other).tensors.has('rope_freqs.weight'));
});

test('what is no decoder is refused with the reason', () => {
  const unknown = (gguf: TestGguf) => refused(() => ggufWeights(opened(gguf)));
  assert.match(unknown(decoder('qwen4')), 'architecture "qwen4" is unknown, the nearest is "qwen2"');
  assert.match(unknown(decoder('toString')), 'architecture "toString" is unknown');
  assert.match(unknown({}), 'metadata "general.architecture" is missing');
  assert.match(unknown(decoder('llama', { 'general.type': text('adapter') })), '"adapter", expected a model');
  assert.match(unknown(decoder('llama', { 'llama.expert_count': uint(8) })), 'mixture of experts');
  assert.match(unknown(decoder('llama', { 'split.count': { type: 2, value: 3 } })), 'one of 3 parts');
  assert.match(
    unknown(decoder('llama', {}, [float32Tensor('blk.0.attn_qkv.weight', [8, 24], new Float32Array(192))])),
    'no place in a decoder',
  );
  assert.match(unknown(decoder('llama', {}, [float32Tensor('blk.0.toString.weight', [1], [0])])), 'no place in a decoder');
  assert.match(unknown(decoder('llama', { 'llama.attention.head_count': text('2') })), 'head_count" is not a number');
  const odd = ggufWeights(opened(decoder('llama', { 'llama.attention.head_count': uint(3) })));
  assert.match(
    refused(() => odd.read('model.layers.0.self_attn.q_proj.weight')),
    '8 rows for 3 heads',
  );
  assert.match(
    refused(() => odd.read('model.nothing')),
    'no tensor for "model.nothing"',
  );
  const config = (change: Record<string, TypedValue | undefined>) => refused(() => ggufConfig(opened(decoder('llama', change))));
  assert.match(config({ 'llama.block_count': undefined }), 'metadata "llama.block_count" is missing');
  assert.match(config({ 'llama.embedding_length': uint(0) }), 'is 0, expected a count');
  assert.match(config({ 'llama.attention.layer_norm_rms_epsilon': undefined }), 'layer_norm_rms_epsilon" is missing');
  assert.match(config({ 'llama.attention.head_count': uint(3) }), 'do not divide into 3 heads');
});

test('no mutation of a file makes weights, config or tokenizer do anything but work or throw a fault', () => {
  const gguf = decoder('llama', {
    'llama.attention.key_length': uint(4),
    'llama.rope.scaling.type': text('linear'),
    'llama.rope.scaling.factor': float(2),
    'tokenizer.ggml.model': text('gpt2'),
    'tokenizer.ggml.pre': text('smollm'),
    'tokenizer.ggml.tokens': texts(['a', 'b', 'ab', '<s>']),
    'tokenizer.ggml.token_type': { array: 5, values: [1, 1, 1, 3] },
    'tokenizer.ggml.merges': texts(['a b']),
    'tokenizer.ggml.bos_token_id': uint(3),
    'tokenizer.ggml.add_bos_token': flag(true),
  });
  const whole = ggufBytes(gguf);
  const headerEnd = whole.indexOf('blk.0.ffn_down') + 60;
  const random = seededRandom(21);
  const path = join(folder, 'mutated.gguf');
  const counts = { opened: 0, weights: 0, config: 0, tokenizer: 0 };
  const attempt = <T>(what: keyof typeof counts, run: () => T): T | undefined => {
    try {
      const result = run();
      counts[what]++;
      return result;
    } catch (error) {
      assert.instance(error, Fault, (error as Error).stack);
      return undefined;
    }
  };
  const rounds = 1500;
  for (let round = 0; round < rounds; round++) {
    const bytes = Buffer.from(whole);
    for (let i = 0; i <= random.integer(2); i++) {
      const at = random.integer(headerEnd);
      bytes[at] = random.next() < 0.5 ? random.integer(256) : bytes[at]! ^ (1 << random.integer(8));
    }
    writeFileSync(path, bytes);
    const file = attempt('opened', () => new GgufFile(path));
    if (!file) continue;
    attempt('weights', () => {
      const weights = ggufWeights(file);
      for (const [name, { shape }] of weights.tensors)
        assert.is(
          weights.read(name).length,
          shape.reduce((a, b) => a * b, 1),
        );
    });
    attempt('config', () => ggufConfig(file));
    attempt('tokenizer', () => ggufTokenizer(file));
  }
  for (const [what, count] of Object.entries(counts)) assert.ok(count > rounds / 20 && count < rounds, `${what}: ${count}`);
});

test.run();
