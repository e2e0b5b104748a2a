import { Fault } from '../faults/index.js';
import { isObject, type JsonObject, type TokenizerFiles } from './tokenizer-files.js';

/** A token that is found in a text before anything else is done with it, as `added_tokens` of tokenizer.json has it. */
export interface AddedToken {
  id: number;
  content: string;
  single_word: boolean;
  lstrip: boolean;
  rstrip: boolean;
  normalized: boolean;
  special: boolean;
}

const roles = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'] as const;
export type SpecialRole = (typeof roles)[number];

export interface SpecialTokens {
  added: AddedToken[];
  /** Content by role, where the tokenizer has one. */
  named: Partial<Record<SpecialRole, string>>;
}

/**
 * The added tokens and the special ones by role, from the forms in which checkpoints of transformers 4 and 5 have them: `added_tokens` of
 * tokenizer.json; `added_tokens_decoder` of the config, which wins; `bos_token` and the like as a string, as {content, ...}, or (GGUF) as
 * `bos_token_id`; `additional_special_tokens`, `extra_special_tokens` as a list or by name; `special_tokens_map.json` for what the config
 * lacks. Special tokens that tokenizer.json does not add are added, as transformers does, with the vocabulary's id or the next one.
 */
export function specialTokens(files: TokenizerFiles, vocabulary: ReadonlyMap<string, number>): SpecialTokens {
  const { source } = files;
  const config = optionalObject(files.config, source, 'the tokenizer config');
  const legacy = optionalObject(files.specialTokens, source, 'special_tokens_map.json');
  const byContent = new Map<string, AddedToken>();
  const listed = (files.tokenizer as JsonObject)['added_tokens'] ?? [];
  if (!Array.isArray(listed)) throw invalid(source, 'added_tokens is no list');
  for (const entry of listed as unknown[]) {
    const token = isObject(entry) ? addedToken(entry, entry['id']) : undefined;
    if (!token) throw invalid(source, `added_tokens has an entry without id and content: ${JSON.stringify(entry)?.slice(0, 200)}`);
    byContent.set(token.content, token);
  }
  let next = 0;
  for (const id of vocabulary.values()) next = Math.max(next, id + 1);
  for (const { id } of byContent.values()) next = Math.max(next, id + 1);
  const add = (entry: JsonObject, special: boolean) => {
    const content = entry['content'] as string;
    const known = byContent.get(content);
    if (known) {
      Object.assign(known, special ? { special } : addedToken(entry, known.id));
      return;
    }
    const id = vocabulary.get(content) ?? next++;
    byContent.set(content, { ...addedToken({ normalized: !special, ...entry }, id)!, special: special || entry['special'] === true });
  };
  const decoder = config['added_tokens_decoder'];
  if (isObject(decoder)) {
    for (const [, entry] of Object.entries(decoder).sort(([a], [b]) => Number(a) - Number(b))) {
      if (isObject(entry) && typeof entry['content'] === 'string' && entry['content']) add(entry, false);
    }
  }
  const byId = new Map([...vocabulary].map(([content, id]) => [id, content]));
  for (const { id, content } of byContent.values()) byId.set(id, content);
  const named: SpecialTokens['named'] = {};
  for (const role of roles) {
    const key = `${role}_token`;
    const entry = tokenEntry(config[key]) ?? tokenEntry(legacy[key]) ?? tokenEntry(byId.get(config[`${key}_id`] as number));
    if (!entry) continue;
    named[role] = entry['content'] as string;
    add(entry, true);
  }
  for (const place of [config, legacy]) {
    for (const key of ['additional_special_tokens', 'extra_special_tokens']) {
      const list = place[key];
      for (const value of Array.isArray(list) ? (list as unknown[]) : isObject(list) ? Object.values(list) : []) {
        const entry = tokenEntry(value);
        if (entry) add(entry, true);
      }
    }
  }
  return { added: [...byContent.values()], named };
}

/** A string, or an object with `content`. */
function tokenEntry(value: unknown): JsonObject | undefined {
  const entry = typeof value === 'string' ? { content: value } : value;
  return isObject(entry) && typeof entry['content'] === 'string' && entry['content'] !== '' ? entry : undefined;
}

function addedToken(entry: JsonObject, id: unknown): AddedToken | undefined {
  const { content } = entry;
  if (!Number.isSafeInteger(id) || (id as number) < 0 || typeof content !== 'string' || content === '') return undefined;
  const special = entry['special'] === true;
  return {
    id: id as number,
    content,
    single_word: entry['single_word'] === true,
    lstrip: entry['lstrip'] === true,
    rstrip: entry['rstrip'] === true,
    normalized: typeof entry['normalized'] === 'boolean' ? entry['normalized'] : !special,
    special,
  };
}

function optionalObject(value: unknown, source: string, what: string): JsonObject {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw invalid(source, `${what} is no object`);
  return value;
}

function invalid(source: string, message: string): Fault {
  return new Fault('TOKENIZER_INVALID', message, { where: { source } });
}
