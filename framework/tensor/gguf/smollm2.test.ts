import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { packageRoot } from '../../paths.js';
import { cachedCheckpointPath } from '../checkpoint/resolve-checkpoint.js';
import { ggufConfig } from './gguf-config.js';
import { GgufFile } from './gguf-file.js';
import { ggufTokenizer } from './gguf-tokenizer.js';
import { ggufWeights } from './gguf-weights.js';

const path = cachedCheckpointPath('smollm2')!;
if (existsSync(path)) {
  test("SmolLM2-135M-Instruct: all 134.5 million values are those of ggml's own package", () => {
    const { files } = JSON.parse(readFileSync(join(packageRoot, 'tests', 'data', 'gguf-reference.json'), 'utf8')) as {
      files: Record<string, string>;
    };
    const gguf = new GgufFile(path);
    const digest = createHash('sha256');
    for (const name of gguf.tensors.keys()) digest.update(new Uint8Array(gguf.read(name).buffer));
    assert.is(digest.digest('hex'), files[basename(path)]);
  });

  test('its config and names are those of the model on the hub', () => {
    const gguf = new GgufFile(path);
    const config = ggufConfig(gguf);
    // config.json of HuggingFaceTB/SmolLM2-135M-Instruct.
    assert.equal(
      ['hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads', 'num_key_value_heads', 'vocab_size'].map(
        (key) => config[key],
      ),
      [576, 1536, 30, 9, 3, 49152],
    );
    assert.equal([config['rope_theta'], config['rms_norm_eps'], config['tie_word_embeddings']], [100000, 1e-5, true]);
    const { tensors } = ggufWeights(gguf);
    assert.is(tensors.size, 2 + 9 * 30);
    assert.equal(tensors.get('model.layers.29.self_attn.k_proj.weight'), { shape: [192, 576], dtype: 'Q4_1' });
  });

  test('its tokenizer gives the ids of llama.cpp', () => {
    const { tokenizerJson, tokenizerConfig } = ggufTokenizer(new GgufFile(path));
    const tokenizer = new Tokenizer(tokenizerJson, tokenizerConfig);
    // By node-llama-cpp 3.22.1.
    const expected: readonly (readonly [string, readonly number[]])[] = [
      [
        'The left brow rises at 0.42 s, then AU12 peaks (1.25 s).',
        [504, 2049, 8710, 13685, 418, 216, 32, 30, 36, 34, 262, 28, 965, 33321, 33, 34, 17337, 365, 33, 30, 34, 37, 262, 595],
      ],
      ['<|im_start|>user\nDescribe the face.<|im_end|>\n', [1, 4093, 198, 37964, 260, 2715, 30, 2, 198]],
      ["She doesn't smile;  two  spaces\n\n\ttabs", [8113, 2761, 982, 13536, 43, 216, 827, 216, 5600, 1116, 197, 100, 7366]],
      ['Ünïcödé — 表情 😀 ok', [142, 246, 94, 25972, 83, 7466, 84, 2756, 1841, 216, 35739, 177, 221, 223, 40303, 218, 10907]],
      ['v1.2.3 x=10000 y=-7', [102, 33, 30, 34, 30, 35, 1792, 45, 33, 32, 32, 32, 32, 329, 15196, 39]],
      ['  leading', [216, 2899]],
      ['trailing  ', [4861, 4966, 256]],
      ['a\r\nb', [81, 201, 198, 82]],
    ];
    for (const [sample, ids] of expected) {
      assert.equal(tokenizer.encode(sample).ids, ids, sample);
      assert.is(tokenizer.decode([...ids]), sample);
    }
  });
} else {
  test.skip('the real SmolLM2 (mienlab setup --only smollm2)', () => {});
  console.log('skipped: SmolLM2 is not there; run "mienlab setup --only smollm2"');
}

test.run();
