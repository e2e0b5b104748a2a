import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../faults/index.js';

/** What a tokenizer is made of, as parsed JSON: from a Hugging Face folder, or put together from a GGUF file. */
export interface TokenizerFiles {
  /** For faults: the folder or file it comes from. */
  source: string;
  /** `tokenizer.json`. */
  tokenizer: unknown;
  /** `tokenizer_config.json`. */
  config?: unknown;
  /** `special_tokens_map.json`, which checkpoints of transformers 4 have. */
  specialTokens?: unknown;
  /** Chat templates by name, from files; they go before those in the config. */
  templates?: Readonly<Record<string, string>>;
}

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads `tokenizer.json`, `tokenizer_config.json`, `special_tokens_map.json`, `chat_template.jinja` and `additional_chat_templates/*.jinja`
 * of a Hugging Face folder; all but the first may be absent. Nothing in the folder is executed.
 * Throws Fault ASSET_MISSING without `tokenizer.json`, TOKENIZER_INVALID where a file is no JSON object.
 */
export function readTokenizerFiles(folder: string): TokenizerFiles {
  const tokenizer = readJson(folder, 'tokenizer.json');
  if (!tokenizer) {
    throw new Fault('ASSET_MISSING', 'the folder has no tokenizer.json', {
      where: { source: folder },
      hint: 'save it with transformers: AutoTokenizer.from_pretrained(...).save_pretrained(...) turns other forms (tokenizer.model, vocab.json) into one',
    });
  }
  const templates: Record<string, string> = {};
  const template = readText(join(folder, 'chat_template.jinja'));
  if (template !== undefined) templates['default'] = template;
  for (const file of namesIn(join(folder, 'additional_chat_templates'))) {
    if (file.endsWith('.jinja')) templates[file.slice(0, -'.jinja'.length)] = readText(join(folder, 'additional_chat_templates', file))!;
  }
  return {
    source: folder,
    tokenizer,
    config: readJson(folder, 'tokenizer_config.json'),
    specialTokens: readJson(folder, 'special_tokens_map.json'),
    templates,
  };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw new Fault('TOKENIZER_INVALID', `cannot be read: ${(cause as Error).message}`, { where: { source: file }, cause });
  }
}

function readJson(folder: string, name: string): JsonObject | undefined {
  const source = join(folder, name);
  const text = readText(source);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Fault('TOKENIZER_INVALID', `is no JSON: ${(cause as Error).message}`, { where: { source }, cause });
  }
  if (!isObject(value)) throw new Fault('TOKENIZER_INVALID', 'is JSON, but no object', { where: { source } });
  return value;
}
