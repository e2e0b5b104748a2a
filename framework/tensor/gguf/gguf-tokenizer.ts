import type { GgufFile } from './gguf-file.js';
import { MetadataReader } from './metadata-reader.js';

export interface GgufTokenizer {
  /** As in tokenizer.json. */
  tokenizerJson: Record<string, unknown>;
  /** As in tokenizer_config.json, the chat template included where the file has one. */
  tokenizerConfig: Record<string, unknown>;
}

interface Splitting {
  normalizer: unknown;
  preTokenizer: unknown;
  /** Whole pre-tokens that are in the vocabulary are taken as they are. */
  ignoreMerges: boolean;
  /** Whether a text begins with the bos token where the file does not say. */
  addBos: boolean;
}

const byteLevel = (useRegex: boolean) => ({ type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: useRegex });
const sequence = (...pretokenizers: unknown[]) => ({ type: 'Sequence', pretokenizers });
const split = (digits: string) => {
  const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  const pattern = `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
  return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
};

/** What the names in `tokenizer.ggml.pre` stand for: llama.cpp keeps the name only (llama-vocab.cpp has the patterns). */
const splittings: Readonly<Record<string, Splitting>> = {
  'gpt-2': { normalizer: null, preTokenizer: byteLevel(true), ignoreMerges: false, addBos: false },
  smollm: {
    normalizer: null,
    preTokenizer: sequence({ type: 'Digits', individual_digits: true }, byteLevel(true)),
    ignoreMerges: false,
    addBos: false,
  },
  qwen2: { normalizer: { type: 'NFC' }, preTokenizer: sequence(split('\\p{N}'), byteLevel(false)), ignoreMerges: false, addBos: false },
  'llama-bpe': { normalizer: null, preTokenizer: sequence(split('\\p{N}{1,3}'), byteLevel(false)), ignoreMerges: true, addBos: true },
};

/** llama.cpp's kinds of token (enum llama_token_type) that are found whole in a text before it is split: false where it is no control token. */
const addedKinds: ReadonlyMap<number, boolean> = new Map([
  [2, true],
  [3, true],
  [4, false],
]);

/**
 * The byte-level BPE tokenizer in a GGUF file's metadata.
 * Throws Fault CHECKPOINT_INVALID where the file has none, its kind or its way of splitting text is unknown, or its parts contradict each other.
 */
export function ggufTokenizer(gguf: GgufFile): GgufTokenizer {
  const metadata = new MetadataReader(gguf);
  const key = (name: string) => `tokenizer.ggml.${name}`;
  const model = metadata.required(key('model'), metadata.string(key('model')));
  if (model !== 'gpt2') throw metadata.fault(`its tokenizer is of the kind "${model}", only byte-level BPE ("gpt2") can be read`);
  const pre = metadata.required(key('pre'), metadata.string(key('pre')));
  if (!Object.hasOwn(splittings, pre)) {
    throw metadata.fault(`how its tokenizer splits text, "${pre}", is unknown`, { known: Object.keys(splittings) });
  }
  const splitting = splittings[pre]!;
  const tokens = metadata.required(key('tokens'), metadata.strings(key('tokens')));
  const merges = metadata.required(key('merges'), metadata.strings(key('merges')));
  const kinds = metadata.numbers(key('token_type'));
  if (kinds && kinds.length !== tokens.length)
    throw metadata.fault(`it has ${tokens.length} tokens, metadata "${key('token_type')}" tells of ${kinds.length}`);
  const vocab = new Map(tokens.map((token, id) => [token, id]));
  if (vocab.size !== tokens.length) throw metadata.fault(`${tokens.length - vocab.size} of its tokens are there twice`);
  checkMerges(merges, vocab, metadata);

  const special = (name: string) => {
    const id = metadata.number(key(`${name}_token_id`));
    if (id !== undefined && tokens[id] === undefined)
      throw metadata.fault(`metadata "${key(`${name}_token_id`)}" is ${id}, it has ${tokens.length} tokens`);
    return id === undefined ? null : tokens[id]!;
  };
  const [bos, eos] = [special('bos'), special('eos')];
  const addBos = metadata.boolean(key('add_bos_token')) ?? splitting.addBos;
  const addEos = metadata.boolean(key('add_eos_token')) ?? false;
  const around = { before: addBos ? bos : null, after: addEos ? eos : null };
  const template = metadata.string('tokenizer.chat_template');
  return {
    tokenizerJson: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: addedTokens(tokens, kinds),
      normalizer: splitting.normalizer,
      pre_tokenizer: splitting.preTokenizer,
      post_processor: postProcessor(around, vocab),
      decoder: byteLevel(true),
      model: {
        ...{ type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: false },
        byte_fallback: false,
        ignore_merges: splitting.ignoreMerges,
        vocab: Object.fromEntries(vocab),
        merges,
      },
    },
    tokenizerConfig: {
      tokenizer_class: 'PreTrainedTokenizerFast',
      bos_token: bos,
      eos_token: eos,
      unk_token: special('unknown'),
      pad_token: special('padding'),
      add_bos_token: addBos,
      add_eos_token: addEos,
      clean_up_tokenization_spaces: false,
      ...(template !== undefined && { chat_template: template }),
    },
  };
}

/** Each merge is two tokens, one blank between them, whose concatenation is a token. */
function checkMerges(merges: readonly string[], vocab: ReadonlyMap<string, number>, metadata: MetadataReader): void {
  for (const [i, merge] of merges.entries()) {
    const blank = merge.indexOf(' ', 1);
    const [left, right] = [merge.slice(0, blank), merge.slice(blank + 1)];
    if (blank < 0 || !vocab.has(left) || !vocab.has(right) || !vocab.has(left + right))
      throw metadata.fault(`merge ${i} of its tokenizer, ${JSON.stringify(merge)}, is not of two tokens that make a third`);
  }
}

function addedTokens(tokens: readonly string[], kinds: ArrayLike<number> | undefined): unknown[] {
  const rule = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  return tokens.flatMap((content, id) => {
    const special = addedKinds.get(kinds?.[id] ?? 1);
    return special === undefined || content === '' ? [] : [{ id, content, ...rule, special }];
  });
}

function postProcessor({ before, after }: { before: string | null; after: string | null }, vocab: ReadonlyMap<string, number>): unknown {
  const used = [before, after].filter((token) => token !== null);
  if (used.length === 0) return { ...byteLevel(true), trim_offsets: false };
  const token = (id: string | null) => (id === null ? [] : [{ SpecialToken: { id, type_id: 0 } }]);
  const text = (id: string) => [...token(before), { Sequence: { id, type_id: 0 } }, ...token(after)];
  return {
    type: 'TemplateProcessing',
    single: text('A'),
    pair: [...text('A'), ...text('B')],
    special_tokens: Object.fromEntries(used.map((id) => [id, { id, ids: [vocab.get(id)!], tokens: [id] }])),
  };
}
