import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigFields, GgufFile, ggufConfig, ggufTokenizer, ggufWeights, readConfigFields, safetensorsSource } from 'mienlab/tensor';
import type { WeightSource } from 'mienlab/tensor';
import { HfTokenizer } from 'mienlab/text';
import { decoderSpec } from './checkpoint-config.js';
import type { DecoderSpec } from './decoder-spec.js';

/** A causal language model on disk. The config has been read; weights and tokenizer are when asked for. */
export interface Checkpoint {
  spec: DecoderSpec;
  /** Ids that end an answer, beside the tokenizer's eos. */
  endIds: readonly number[];
  weights(): WeightSource;
  tokenizer(): HfTokenizer;
  /** In the form of transformers' config.json. */
  config: Readonly<Record<string, unknown>>;
  /** Contents of the files beside weights and config, as tokenizer.json. */
  files(): Record<string, string | Uint8Array>;
}

/** What a folder may hold beside weights and config that a copy of the model needs. */
const besides = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'chat_template.jinja',
  'generation_config.json',
];

/**
 * Opens a folder as transformers writes it, or a GGUF file. Nothing in it is executed.
 * Throws Fault ASSET_MISSING or CHECKPOINT_INVALID with the file, and the key where it is one.
 */
export function openCheckpoint(path: string): Checkpoint {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ? fromGguf(path) : fromFolder(path);
}

function fromFolder(folder: string): Checkpoint {
  const config = readConfigFields(folder);
  const generation = existsSync(join(folder, 'generation_config.json')) ? readConfigFields(folder, 'generation_config.json') : null;
  return {
    spec: decoderSpec(config),
    endIds: [...endIds(config), ...(generation ? endIds(generation) : [])],
    weights: () => safetensorsSource(folder),
    tokenizer: () => HfTokenizer.read(folder),
    config: config.values,
    files: () => {
      const there = besides.filter((name) => existsSync(join(folder, name)));
      return Object.fromEntries(there.map((name) => [name, readFileSync(join(folder, name))]));
    },
  };
}

function fromGguf(file: string): Checkpoint {
  const gguf = new GgufFile(file);
  const config = new ConfigFields(ggufConfig(gguf), file);
  return {
    spec: decoderSpec(config),
    endIds: endIds(config),
    weights: () => ggufWeights(gguf),
    tokenizer: () => {
      const { tokenizerJson, tokenizerConfig } = ggufTokenizer(gguf);
      return new HfTokenizer({ source: file, tokenizer: tokenizerJson, config: tokenizerConfig });
    },
    config: config.values,
    files: () => {
      const { tokenizerJson, tokenizerConfig } = ggufTokenizer(gguf);
      return { 'tokenizer.json': JSON.stringify(tokenizerJson), 'tokenizer_config.json': JSON.stringify(tokenizerConfig) };
    },
  };
}

/** `eos_token_id`: a number, a list of them, or absent. */
function endIds(config: ConfigFields): number[] {
  if (!config.has('eos_token_id')) return [];
  const value = config.values['eos_token_id'];
  const ids: unknown[] = Array.isArray(value) ? value : [value];
  if (ids.every((id): id is number => Number.isInteger(id) && (id as number) >= 0)) return ids;
  throw config.invalid('eos_token_id', `it is ${JSON.stringify(value)}`, { expected: 'an id, or a list of ids' });
}
