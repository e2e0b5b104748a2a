import { resolve as resolvePath } from 'node:path';
import { type LoraConfig, resolveCheckpoint } from 'mienlab/tensor';
import { openCheckpoint, type Checkpoint } from './checkpoint.js';
import type { DecoderSpec } from './decoder-spec.js';
import type { PromptOptions } from './prompt.js';

/** The options as the manifest's schema fills them in. */
export interface CausalLmConfig {
  path: string;
  'context-length': number;
  template: string;
  'template-variables': Record<string, unknown>;
  system: string;
  separator: string;
  'too-long': 'fault' | 'cut-answer';
  lora: {
    rank: number;
    alpha: number;
    dropout: number;
    targets: 'all-linear' | string[];
    layers: number[];
    'rank-stabilised': boolean;
  } | null;
  adapter: string;
}

/** The checkpoint that a config names. Throws as `resolveCheckpoint` and `openCheckpoint` do. */
export function checkpointOf(
  { path }: CausalLmConfig,
  resolve: (path: string) => string = (relative) => resolvePath(relative),
): Checkpoint {
  return openCheckpoint(resolveCheckpoint(path, resolve));
}

/** Longest sequence: the config's, 0 for what the checkpoint was made for. */
export function contextLengthOf(config: CausalLmConfig, spec: DecoderSpec): number {
  return config['context-length'] || spec.contextLength;
}

export function promptOptions(config: CausalLmConfig, contextLength: number, endIds: readonly number[]): PromptOptions {
  return {
    template: config.template || undefined,
    variables: config['template-variables'],
    system: config.system || undefined,
    separator: config.separator,
    tooLong: config['too-long'],
    contextLength,
    endIds,
  };
}

export function loraOf({ lora }: CausalLmConfig): LoraConfig | null {
  if (!lora) return null;
  const { layers, 'rank-stabilised': rankStabilised, ...same } = lora;
  return { ...same, rankStabilised, layers: layers.length ? layers : undefined };
}
