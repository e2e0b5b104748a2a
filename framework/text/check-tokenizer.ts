import { Fault } from '../faults/index.js';
import { isObject, type JsonObject, type TokenizerFiles } from './tokenizer-files.js';

/** `tokenizer.json` of the files. Throws Fault TOKENIZER_INVALID where it is not built as one. */
export function checkedTokenizer({ tokenizer, source }: TokenizerFiles): JsonObject {
  if (!isObject(tokenizer) || !isObject(tokenizer['model'])) {
    throw new Fault('TOKENIZER_INVALID', 'is not built as a tokenizer.json', {
      where: { source },
      expected: 'an object with model, added_tokens, normalizer, pre_tokenizer, post_processor and decoder',
    });
  }
  return tokenizer;
}

/** Tokens of the model with their ids. Throws Fault TOKENIZER_INVALID where vocabulary or merges are malformed. */
export function vocabularyOf(json: JsonObject, source: string): Map<string, number> {
  const { vocab, type, merges } = json['model'] as JsonObject;
  const invalid = (message: string) => new Fault('TOKENIZER_INVALID', message, { where: { source } });
  const isPair = (merge: unknown) =>
    typeof merge === 'string'
      ? merge.includes(' ')
      : Array.isArray(merge) && merge.length === 2 && merge.every((part) => typeof part === 'string');
  if (type === 'BPE' && !(Array.isArray(merges) && merges.every(isPair))) throw invalid('model.merges is no list of pairs of tokens');
  const entries: [unknown, unknown][] = Array.isArray(vocab)
    ? (vocab as unknown[]).map((entry, id) => [Array.isArray(entry) ? (entry[0] as unknown) : undefined, id])
    : isObject(vocab)
      ? Object.entries(vocab)
      : [];
  if (!entries.length) throw invalid('model.vocab is empty, or neither an object nor a list');
  for (const [token, id] of entries) {
    if (typeof token !== 'string' || !Number.isSafeInteger(id) || (id as number) < 0 || (id as number) >= 2 ** 31) {
      throw invalid(`model.vocab gives ${JSON.stringify(token)} the id ${JSON.stringify(id)}`);
    }
  }
  return new Map(entries as [string, number][]);
}
