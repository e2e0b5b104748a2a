/** What a process does with tensors. TensorFlow's thread pools are sized once per process, so each wants a process of its own. */
export type TensorWork = 'training' | 'decoding' | 'row-decoding';

/**
 * The only place where thread settings are made. Measured on two cores (tiny and 34 M parameter decoders, TensorFlow 2.21.0): training is
 * fastest with the defaults (one thread a core in both pools); decoding token by token is twice as fast with one intra-op thread and the
 * caller's own thread as inter-op pool (-1). A single sequence through a wide decoder waits for memory: products side by side, each on one
 * thread, read more of it at a time (hidden 512, 8 layers: 124 tokens a second, 101 with the defaults, 100 with the row above).
 */
const threadTable: Record<TensorWork, Record<string, string>> = {
  training: {},
  decoding: { TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '-1' },
  'row-decoding': { TF_NUM_INTRAOP_THREADS: '1' },
};

/** The environment variables for a kind of work; to be set before TensorFlow is loaded, or given to a child process. */
export function threadEnvironment(work: TensorWork): Record<string, string> {
  return { ...threadTable[work] };
}

/**
 * What the row `decoding` does for a step of a decoder of 4 layers: its time over that with the row `training`, by hidden size and sequences
 * (`npm run bench -- decoding-threads`, AMD EPYC, two cores, other work going on, the best of 10):
 *
 *     hidden     1     8    32
 *        128  0.31  0.44  0.52
 *        256  0.57  0.79  1.27
 *        384  3.03  2.38  1.84
 *        512  0.96     -  0.83, of medians 2.05 and 1.03
 *
 * It pays for products of up to this size, hidden squared times sequences.
 */
const largestStep = 2 ** 19;
/**
 * Another process costs 1.2 s of the processor's time until it has loaded TensorFlow and the checkpoint. At 0.3 ms (1 sequence) to 0.6 ms
 * (16) saved a step, and answers half as long as they may be, that many possible steps bring it in; 2 ms of a wide row bring it in sooner.
 */
const fewestSteps = { decoding: 8000, 'row-decoding': 1200 };
/** A single sequence waits for memory from this hidden size on. */
const wideRow = 512;

/**
 * The work whose threads decoding is fastest with, in a process of its own where this one has the threads of training; null where that does
 * not pay. `steps` is the most that can come, each of so many sequences (clips of a batch times beams) through a decoder of this hidden size.
 */
export function decodingWork({ hidden, sequences, steps }: { hidden: number; sequences: number; steps: number }): TensorWork | null {
  const work = sequences === 1 && hidden >= wideRow ? 'row-decoding' : 'decoding';
  if (work === 'decoding' && sequences * hidden ** 2 > largestStep) return null;
  return steps >= fewestSteps[work] ? work : null;
}
