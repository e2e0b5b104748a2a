import { Tokenizer } from '@huggingface/tokenizers';
import { Fault } from '../faults/index.js';
import { ChatTemplate } from './chat-template.js';
import { checkedTokenizer, vocabularyOf } from './check-tokenizer.js';
import { mendByteFallback } from './mend-byte-fallback.js';
import { padRows, type PaddedRows, type PaddingSide } from './pad-rows.js';
import { specialTokens, type AddedToken, type SpecialRole } from './special-tokens.js';
import { tokenOffsets, type TokenOffset } from './token-offsets.js';
import { isObject, readTokenizerFiles, type JsonObject, type TokenizerFiles } from './tokenizer-files.js';

export interface EncodeOptions {
  /** Put in what the tokenizer's post-processor adds, such as bos. Default true. */
  addSpecialTokens?: boolean;
  /** Most tokens, the added ones included; the rest is cut off. */
  maxLength?: number;
  /** Where it is cut off. Default: the config's `truncation_side`, else right. */
  truncationSide?: PaddingSide;
}

export interface EncodeBatchOptions extends EncodeOptions {
  /** Default: the config's `padding_side`, else right. */
  paddingSide?: PaddingSide;
  /** The padded length is a multiple of this. */
  multipleOf?: number;
}

export interface DecodeOptions {
  skipSpecialTokens?: boolean;
}

/** A text's tokens with their places in it. */
export interface Encoding {
  ids: number[];
  tokens: string[];
  /** In code points; [0, 0] for tokens that the post-processor put in. */
  offsets: TokenOffset[];
}

/**
 * The tokenizer of a Hugging Face folder or a GGUF file, with the ids that transformers 5 gives. Added tokens with `single_word` are
 * found inside of words too, other than there.
 */
export class HfTokenizer {
  /** Number of tokens, the added ones included: `len(tokenizer)` in transformers. */
  readonly size: number;
  /** One more than the highest id: the rows that an embedding needs. */
  readonly idLimit: number;
  readonly #library: Tokenizer;
  readonly #added: ReadonlyMap<number, AddedToken>;
  readonly #specialIds: ReadonlySet<number>;
  readonly #named: Partial<Record<SpecialRole, string>>;
  /** What the post-processor puts around a text. */
  readonly #prefix: number[];
  readonly #suffix: number[];
  readonly #config: JsonObject;
  readonly #json: JsonObject;

  /** Throws Fault ASSET_MISSING or TOKENIZER_INVALID. */
  static read(folder: string): HfTokenizer {
    return new HfTokenizer(readTokenizerFiles(folder));
  }

  /** Throws Fault TOKENIZER_INVALID where the files are not a tokenizer that the library knows. */
  constructor(private readonly files: TokenizerFiles) {
    const json = checkedTokenizer(files);
    this.#config = isObject(files.config) ? files.config : {};
    const vocabulary = vocabularyOf(json, files.source);
    const { added, named } = specialTokens(files, vocabulary);
    this.#json = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, ...json, added_tokens: added };
    this.#named = named;
    this.#added = new Map(added.map((token) => [token.id, token]));
    this.#specialIds = new Set(added.filter(({ special }) => special).map(({ id }) => id));
    this.size = vocabulary.size + added.filter(({ content }) => !vocabulary.has(content)).length;
    let limit = 0;
    for (const id of vocabulary.values()) limit = Math.max(limit, id + 1);
    this.idLimit = added.reduce((most, { id }) => Math.max(most, id + 1), limit);
    try {
      this.#library = new Tokenizer(this.#json, this.#config);
      mendByteFallback(this.#library.decoder);
      const bare = this.#library.encode('a', { add_special_tokens: false }).ids;
      const whole = this.#library.encode('a').ids;
      [this.#prefix, this.#suffix] = this.#declaredEnds() ?? around(whole, bare);
    } catch (cause) {
      if (cause instanceof Fault) throw cause;
      throw new Fault('TOKENIZER_INVALID', `cannot be used: ${(cause as Error).message}`, { where: { source: files.source }, cause });
    }
  }

  get bosId(): number | null {
    return this.#namedId('bos');
  }

  get eosId(): number | null {
    return this.#namedId('eos');
  }

  /** Null where the tokenizer names none; `encodeBatch` then pads with eos, else with 0. */
  get padId(): number | null {
    return this.#namedId('pad');
  }

  get unkId(): number | null {
    return this.#namedId('unk');
  }

  /** The id of a token as the vocabulary writes it, or null. */
  tokenId(token: string): number | null {
    return this.#library.token_to_id(token) ?? null;
  }

  isSpecial(id: number): boolean {
    return this.#specialIds.has(id);
  }

  encode(text: string, options: EncodeOptions = {}): number[] {
    return this.#framed(this.#library.encode(wellFormed(text), { add_special_tokens: false }).ids, options);
  }

  /**
   * Ids with tokens and offsets. Throws Fault TOKENIZER_INVALID for a tokenizer that is not byte-level, or has another normaliser than
   * none or NFC.
   */
  encodeWithOffsets(text: string, { addSpecialTokens = true }: Pick<EncodeOptions, 'addSpecialTokens'> = {}): Encoding {
    const { nfc, trim } = this.#offsetRules();
    const clean = wellFormed(text);
    const { ids, tokens } = this.#library.encode(clean, { add_special_tokens: false }) as { ids: number[]; tokens: string[] };
    const placed = tokens.map((token, i) => ({ text: token, added: this.#added.get(ids[i]!) ?? null }));
    const offsets = tokenOffsets(clean, placed, { nfc, trim });
    if (!addSpecialTokens) return { ids, tokens, offsets };
    const put = (ends: readonly number[]) => ends.map((id) => this.#library.id_to_token(id)!);
    const none = (ends: readonly number[]) => ends.map((): TokenOffset => [0, 0]);
    return {
      ids: [...this.#prefix, ...ids, ...this.#suffix],
      tokens: [...put(this.#prefix), ...tokens, ...put(this.#suffix)],
      offsets: [...none(this.#prefix), ...offsets, ...none(this.#suffix)],
    };
  }

  /** Ids and mask of several texts, padded to one length. */
  encodeBatch(texts: readonly string[], options: EncodeBatchOptions = {}): PaddedRows {
    return padRows(
      texts.map((text) => this.encode(text, options)),
      {
        side: options.paddingSide ?? this.#side('padding_side'),
        multipleOf: options.multipleOf,
        pad: this.padId ?? this.eosId ?? 0,
      },
    );
  }

  /** Bytes that are no UTF-8 become U+FFFD. Ids that the vocabulary lacks are left out. */
  decode(ids: Iterable<number>, { skipSpecialTokens = false }: DecodeOptions = {}): string {
    const known = Array.from(ids).filter(
      (id) => this.#library.id_to_token(id) !== undefined && !(skipSpecialTokens && this.#specialIds.has(id)),
    );
    if (!known.length) return '';
    // Transformers 5 cleans up what WordPiece leaves, and never BPE, whatever the config says: there it would eat spaces of the text.
    const cleanUp = this.#config['clean_up_tokenization_spaces'] === true && (this.#json['model'] as JsonObject)['type'] !== 'BPE';
    return this.#library.decode(known, { clean_up_tokenization_spaces: cleanUp });
  }

  /** The names of the chat templates, the default one as `default`. */
  get templateNames(): string[] {
    return Object.keys(this.#templates());
  }

  /** Throws Fault TEMPLATE_INVALID where there is none of this name, or it cannot be read. */
  chatTemplate(name = 'default'): ChatTemplate {
    const templates = this.#templates();
    const text = Object.hasOwn(templates, name) ? templates[name] : undefined;
    if (text === undefined) {
      const names = Object.keys(templates);
      throw new Fault(
        'TEMPLATE_INVALID',
        names.length ? `the tokenizer has no chat template "${name}"` : 'the tokenizer has no chat template',
        {
          where: { source: this.files.source },
          ...(names.length && { known: names }),
          hint: 'give one in the config of the LLM head, or put chat_template.jinja beside tokenizer.json; a base model was tuned on none',
        },
      );
    }
    return this.templateOf(text, this.files.source);
  }

  /** A chat template from a text, with this tokenizer's special tokens as variables. Throws Fault TEMPLATE_INVALID. */
  templateOf(text: string, source: string): ChatTemplate {
    return new ChatTemplate(text, source, Object.fromEntries(Object.entries(this.#named).map(([role, token]) => [`${role}_token`, token])));
  }

  /**
   * Ids of texts between which a special token stands that the vocabulary need not have: those that transformers gives after
   * `add_special_tokens`. Nothing is added at the ends.
   */
  encodeApart(texts: readonly string[]): number[][] {
    const encode = (text: string) => this.encode(text, { addSpecialTokens: false });
    const between = [...this.#added.values()].find(
      ({ special, normalized, lstrip, rstrip }) => special && !normalized && !lstrip && !rstrip,
    );
    if (!between || texts.length < 2) return texts.map(encode);
    // Some tokenizers treat what follows a special token in another way than the beginning of a text, so one stands in for it.
    const all = encode(texts.join(between.content));
    let start = 0;
    return texts.map((text) => {
      let own = text.includes(between.content) ? encode(text).filter((id) => id === between.id).length : 0;
      let end = start;
      while (end < all.length && (all[end] !== between.id || own-- > 0)) end++;
      const ids = all.slice(start, end);
      start = end + 1;
      return ids;
    });
  }

  #namedId(role: SpecialRole): number | null {
    const token = this.#named[role];
    return token === undefined ? null : this.tokenId(token);
  }

  /** As transformers 5 does it: where the config says whether bos and eos are added, that replaces the post-processor. */
  #declaredEnds(): [number[], number[]] | null {
    const { add_bos_token: bos, add_eos_token: eos } = this.#config;
    if (bos === undefined && eos === undefined) return null;
    return [bos === true && this.bosId !== null ? [this.bosId] : [], eos === true && this.eosId !== null ? [this.eosId] : []];
  }

  #framed(ids: number[], { addSpecialTokens = true, maxLength, truncationSide }: EncodeOptions): number[] {
    const [prefix, suffix] = addSpecialTokens ? [this.#prefix, this.#suffix] : [[], []];
    const room = maxLength === undefined ? Infinity : Math.max(0, maxLength - prefix.length - suffix.length);
    if (ids.length > room)
      ids = (truncationSide ?? this.#side('truncation_side')) === 'left' ? ids.slice(ids.length - room) : ids.slice(0, room);
    return prefix.length || suffix.length ? [...prefix, ...ids, ...suffix] : ids;
  }

  #side(key: string): PaddingSide {
    return this.#config[key] === 'left' ? 'left' : 'right';
  }

  #templates(): Record<string, string> {
    const declared = this.#config['chat_template'];
    const templates: Record<string, string> = {};
    if (typeof declared === 'string') templates['default'] = declared;
    else if (Array.isArray(declared)) {
      for (const entry of declared as unknown[]) {
        if (isObject(entry) && typeof entry['name'] === 'string' && typeof entry['template'] === 'string')
          templates[entry['name']] = entry['template'];
      }
    } else if (isObject(declared)) {
      for (const [name, text] of Object.entries(declared)) if (typeof text === 'string') templates[name] = text;
    }
    return { ...templates, ...this.files.templates };
  }

  #offsetRules(): { nfc: boolean; trim: 'none' | 'all' | 'keep-first' } {
    const types = (value: unknown, list: string): JsonObject[] =>
      !isObject(value) ? [] : Array.isArray(value[list]) ? (value[list] as unknown[]).flatMap((entry) => types(entry, list)) : [value];
    const normalizers = types(this.#json['normalizer'], 'normalizers');
    const byteLevel = types(this.#json['pre_tokenizer'], 'pretokenizers').find(({ type }) => type === 'ByteLevel');
    if (!byteLevel || byteLevel['add_prefix_space'] === true || normalizers.some(({ type }) => type !== 'NFC')) {
      throw new Fault('TOKENIZER_INVALID', 'offsets are known for byte-level tokenizers without a normaliser or with NFC alone', {
        where: { source: this.files.source },
      });
    }
    const declared = this.#declaredEnds() !== null;
    const processors = declared ? [] : types(this.#json['post_processor'], 'processors');
    const trimming = processors.find(({ type, trim_offsets: trims }) => type === 'ByteLevel' && trims !== false);
    return { nfc: normalizers.length > 0, trim: !trimming ? 'none' : trimming['add_prefix_space'] === false ? 'all' : 'keep-first' };
  }
}

/** Lone surrogates, which have no UTF-8 form, become U+FFFD. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

/** What stands before and behind `inner` in `whole`. */
function around(whole: readonly number[], inner: readonly number[]): [number[], number[]] {
  for (let at = 0; at + inner.length <= whole.length; at++) {
    if (inner.every((id, i) => whole[at + i] === id)) return [whole.slice(0, at), whole.slice(at + inner.length)];
  }
  throw new Error('its post-processor changes the tokens of a text');
}
