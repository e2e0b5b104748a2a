import type { HostArray, HostBatch } from 'mienlab/contracts';
import type { Prompt } from './prompt.js';

/** Lengths are rounded up to multiples of these: each other shape is compiled anew, which takes as long as several steps. */
const lengthBucket = 64;
const answerBucket = 128;

/** Sequences of one length, `batch * length` tokens. */
export interface PromptBatch extends HostBatch {
  /** Text tokens, int32 [batch, length]; 0 at visual and padded places. */
  ids: HostArray;
  /**
   * int32 [batch * length]: the row that stands at each place, of the embeddings of all ids followed by all visual embeddings
   * [batch * visual].
   */
  order: HostArray;
}

/** What a loss reads beside. */
export interface TrainingPromptBatch extends PromptBatch {
  /** Place of each token in its sequence, going on in the padding; int32 [batch * length]. */
  positions: HostArray;
  /** Rows (of batch * length) that predict a token of an answer, int32 [n]; n is rounded up. */
  rows: HostArray;
  /** The tokens that they predict, int32 [n]. */
  targets: HostArray;
  /** 1 / (answer tokens in the batch), 0 for rows that only fill up; float32 [n]. */
  weights: HostArray;
}

/** Padded on the right, to a multiple of 64 but no longer than `contextLength`. */
export function trainingPromptBatch(prompts: readonly Prompt[], visual: number, contextLength: number): TrainingPromptBatch {
  const longest = Math.max(...prompts.map(({ ids }) => ids.length));
  const length = Math.max(longest, Math.min(contextLength, Math.ceil(longest / lengthBucket) * lengthBucket));
  // The token at a place is predicted one place before.
  const learnt = prompts.flatMap(({ labels }, i) =>
    labels.flatMap((label, place) => (label >= 0 ? [{ row: i * length + place - 1, target: label }] : [])),
  );
  const count = Math.max(1, Math.ceil(learnt.length / answerBucket)) * answerBucket;
  const filled = <A extends Int32Array | Float32Array>(data: A, value: (entry: (typeof learnt)[number]) => number): HostArray => {
    learnt.forEach((entry, i) => (data[i] = value(entry)));
    return { data, shape: [count] };
  };
  return {
    ...promptBatch(prompts, visual, length, 'right'),
    positions: { data: Int32Array.from({ length: prompts.length * length }, (_, i) => i % length), shape: [prompts.length * length] },
    rows: filled(new Int32Array(count), ({ row }) => row),
    targets: filled(new Int32Array(count), ({ target }) => target),
    weights: filled(new Float32Array(count), () => 1 / learnt.length),
  };
}

/** Padded on the left, to a multiple of 64 but no longer than `most`, which leaves room for the answer. */
export function generationPromptBatch(prompts: readonly Prompt[], visual: number, most: number): PromptBatch {
  const longest = Math.max(...prompts.map(({ ids }) => ids.length));
  return promptBatch(prompts, visual, Math.max(longest, Math.min(most, Math.ceil(longest / lengthBucket) * lengthBucket)), 'left');
}

function promptBatch(prompts: readonly Prompt[], visual: number, length: number, side: 'left' | 'right'): PromptBatch {
  const batch = prompts.length;
  const tokens = batch * length;
  const ids = new Int32Array(tokens);
  const order = Int32Array.from({ length: tokens }, (_, i) => i);
  prompts.forEach((prompt, i) => {
    const first = i * length + (side === 'left' ? length - prompt.ids.length : 0);
    ids.set(prompt.ids, first);
    for (let k = 0; k < visual; k++) order[first + prompt.visualAt + k] = tokens + i * visual + k;
  });
  return { ids: { data: ids, shape: [batch, length] }, order: { data: order, shape: [tokens] } };
}
