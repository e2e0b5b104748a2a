import type { Comparisons, GoldenValues } from 'mienlab/plugin';
import { tensorflow } from 'mienlab/tensor';
import type { Decoder } from '../decoder.js';
import { eagerSession, type Prompts } from '../eager-session.js';
import { goldenBatch, integers } from './golden-batch.js';
import { tolerances } from './tolerances.js';

/** Greedy tokens with a KV cache: of one prompt with the logits of every step, and of a batch padded at the left. */
export async function verifyGeneration(
  decoder: Decoder,
  golden: GoldenValues,
  comparisons: Comparisons,
  signal: AbortSignal,
): Promise<void> {
  const single = golden.part('generate');
  if (single) {
    const prompt = single.rows('prompt');
    const expected = single.numbers('new_tokens');
    const { tokens, logits } = await greedy(decoder, embedded(decoder, prompt, [prompt[0]!.length]), expected.length, signal);
    comparisons.equal('generate.new_tokens', tokens[0]!, expected);
    if (golden.hasTensor('generate.step_logits')) {
      const reference = golden.tensor('generate.step_logits').data;
      comparisons.activations(
        'generate.step_logits',
        Float32Array.from(logits.flatMap((step) => [...step])),
        reference,
        tolerances.activations,
      );
    }
  }
  const several = golden.part('generate_left_padded_batch');
  const padded = golden.part('left_padded');
  if (several && padded) {
    const { ids, mask } = goldenBatch(padded);
    const expected = several.rows('new_tokens');
    const lengths = mask.map((row) => row.reduce((sum, one) => sum + one, 0));
    const { tokens } = await greedy(decoder, embedded(decoder, ids, lengths), expected[0]!.length, signal);
    comparisons.equal('generate_left_padded_batch.new_tokens', tokens.flat(), expected.flat());
  }
}

/** Prompts of ids, padded at the left. */
function embedded(decoder: Decoder, prompts: readonly (readonly number[])[], lengths: readonly number[]): Prompts {
  return { embeddings: tensorflow().tidy(() => decoder.embed(integers(prompts))), length: prompts[0]!.length, lengths };
}

/** The most likely tokens, one after the other, and the logits of every step. Frees the prompts' embeddings. */
export async function greedy(
  decoder: Decoder,
  prompts: Prompts,
  count: number,
  signal: AbortSignal,
): Promise<{ tokens: number[][]; logits: Float32Array[] }> {
  const session = eagerSession(decoder, prompts, count - 1);
  prompts.embeddings.dispose();
  const tokens: number[][] = prompts.lengths.map(() => []);
  const logits: Float32Array[] = [];
  try {
    for (let step = 0; step < count; step++) {
      signal.throwIfAborted();
      logits.push(Float32Array.from(await session.logits()));
      const next = await session.argmax();
      next.forEach((token, row) => tokens[row]!.push(token));
      if (session.room > 0) session.append(next);
    }
  } finally {
    session.dispose();
  }
  return { tokens, logits };
}
