import type { Tensor3D } from '@tensorflow/tfjs';
import type { GenerateOptions, InstructionSample } from 'mienlab/contracts';
import { sampleRandoms } from 'mienlab/plugin';
import { beamRows, generateTokens } from 'mienlab/tensor';
import type { ByteBpe } from './byte-bpe.js';
import type { TinyDecoderConfig } from './plugin.js';
import { assertFits, tokenize } from './text-batch.js';
import type { DecoderWeights } from './tiny-decoder.js';
import { tinySession } from './tiny-session.js';

/**
 * Answers for a batch, token by token, with a key-value cache of fixed length. Prompts of different length are padded on the left.
 * Each sample draws from a source of its own, so that the same seed, clip and instruction give the same text in any batch.
 */
export async function generate(
  samples: readonly InstructionSample[],
  visual: Tensor3D,
  { seed, ...options }: GenerateOptions,
  weights: DecoderWeights,
  config: TinyDecoderConfig,
  tokenizer: ByteBpe,
  signal: AbortSignal,
): Promise<string[]> {
  const prompts = samples.map((sample) => tokenize({ ...sample, answer: '' }, tokenizer, config.template).prompt);
  prompts.forEach((prompt, i) => assertFits(visual.shape[1], prompt.length + 1, config['context-length'], i));
  const room = Math.min(
    options.maxNewTokens,
    config['context-length'] - visual.shape[1] - Math.max(...prompts.map(({ length }) => length)),
  );
  const rows = beamRows(prompts.length, options.beams);
  const session = tinySession(
    rows.map((i) => prompts[i]!),
    { visual, rows, room },
    weights,
    config,
    tokenizer.size,
  );
  try {
    const answers = await generateTokens({
      session,
      prompts,
      endIds: [tokenizer.size],
      decode: (ids) => tokenizer.decode(ids),
      options: { ...options, maxNewTokens: room },
      randoms: sampleRandoms(samples, seed),
      signal,
    });
    return answers.map(({ text }) => text);
  } finally {
    session.dispose();
  }
}
