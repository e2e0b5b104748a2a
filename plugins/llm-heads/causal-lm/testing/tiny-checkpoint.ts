import { seededRandom } from 'mienlab/plugin';
import { ConfigFields, elementCount, type WeightSource } from 'mienlab/tensor';
import { decoderSpec } from '../checkpoint-config.js';
import { writeCheckpoint } from '../lora/merge.js';
import { decoderWeightShapes } from '../weight-shapes.js';

const usual = {
  architectures: ['Qwen2ForCausalLM'],
  model_type: 'qwen2',
  vocab_size: 136,
  hidden_size: 24,
  intermediate_size: 40,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 128,
  eos_token_id: 130,
  dtype: 'float32',
};

/** A tokenizer of ASCII characters with tokens for the user, the assistant and the end. */
function tokenizer(): Record<string, unknown> {
  // GPT-2's way to write bytes: what is not printed stands 256 above.
  const letters = Array.from({ length: 128 }, (_, byte) =>
    String.fromCodePoint(byte > 32 && byte < 127 ? byte : byte === 127 ? 289 : 256 + byte),
  );
  const added = ['<u>', '<b>', '<e>'].map((content, i) => ({ id: 128 + i, content, special: true }));
  return {
    added_tokens: added,
    pre_tokenizer: { type: 'ByteLevel', use_regex: false },
    decoder: { type: 'ByteLevel' },
    model: { type: 'BPE', vocab: Object.fromEntries(letters.map((letter, id) => [letter, id])), merges: [] },
  };
}

const template =
  '{% for m in messages %}{{ "<u>" if m.role == "user" else "<b>" }}{{ m.content }}<e>{% endfor %}{% if add_generation_prompt %}<b>{% endif %}';

/** For tests: writes a checkpoint of a Qwen2 with two layers and random weights into a folder; `changes` go into its config.json. */
export function tinyCheckpoint(folder: string, changes: Record<string, unknown> = {}): void {
  const config = { ...usual, ...changes };
  const shapes = decoderWeightShapes(decoderSpec(new ConfigFields(config, 'tiny')));
  const random = seededRandom(9);
  const source: WeightSource = {
    files: ['tiny'],
    tensors: new Map(Object.entries(shapes).map(([name, shape]) => [name, { shape, dtype: 'F32' }])),
    read(name) {
      const draws = random.fork(name);
      const offset = name.endsWith('norm.weight') ? 1 : 0;
      return Float32Array.from({ length: elementCount(shapes[name]!) }, () => offset + 0.2 * draws.normal());
    },
  };
  writeCheckpoint(folder, source, shapes, config, {
    'tokenizer.json': JSON.stringify(tokenizer()),
    'tokenizer_config.json': JSON.stringify({ eos_token: '<e>', chat_template: template }),
  });
}
