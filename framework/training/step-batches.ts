import type { Tensor } from '@tensorflow/tfjs';
import type { HostBatch, InstructionSample, LlmHead } from '../contracts/index.js';
import type { AuxiliaryLoss } from './auxiliary-loss.js';
import type { StepKind } from './step-engine.js';
import type { VisualSource } from './visual-source.js';

/** What training is done on. */
export interface TrainingData {
  source: VisualSource;
  samples: readonly InstructionSample[];
  /** For each sample its clip's index in the source: a clip may have several references. */
  rows: readonly number[];
  /** Ids of the source's clips, to name them in faults. */
  clips: readonly string[];
}

interface StepBatchesOptions extends Pick<TrainingData, 'source' | 'samples' | 'rows'> {
  head: LlmHead;
  /** Visual embeddings a clip, and its time steps. */
  sizes: { visual: number; time: number };
  words: AuxiliaryLoss | null;
}

/** The visual arrays of samples. */
type Visual = (samples: readonly number[]) => HostBatch;

/**
 * Makes the arrays of a batch: `frames`, `faces`, `text/…` of the LLM head, `auxiliary/…`, and scalars: `seed` in a training step, `share`
 * where the batch is one of several of a step, which is what its mean caption loss counts for.
 */
export class StepBatches {
  #example: HostBatch | undefined;

  constructor(private readonly options: StepBatchesOptions) {}

  /** One step in `count` micro-batches (or one a sample, if these are fewer); `seeds` has a number for each. */
  step(kind: StepKind, batch: readonly number[], count: number, seed: (microBatch: number) => number): HostBatch[] {
    return this.#step(kind, batch, count, seed, this.#seen);
  }

  /** As `step`, for names, shapes and types alone: the clips' arrays are empty. */
  outline(kind: StepKind, batch: readonly number[], count: number): HostBatch[] {
    return this.#step(kind, batch, count, () => 0, this.#unseen);
  }

  /** A batch whose losses are only looked at, and the answer tokens its caption loss is a mean over (0 without captions). */
  lookAt(kind: StepKind, batch: readonly number[]): { arrays: HostBatch; tokens: number } {
    return this.#arrays(kind, batch, batch, this.#seen);
  }

  /** As the arrays of `lookAt`, for names, shapes and types alone. */
  lookAtOutline(kind: StepKind, batch: readonly number[]): HostBatch {
    return this.#arrays(kind, batch, batch, this.#unseen).arrays;
  }

  #step(kind: StepKind, batch: readonly number[], count: number, seed: (microBatch: number) => number, visual: Visual): HostBatch[] {
    const size = Math.ceil(batch.length / count);
    const parts = Array.from({ length: Math.ceil(batch.length / size) }, (_, i) => batch.slice(i * size, (i + 1) * size));
    const made = parts.map((part) => this.#arrays(kind, part, batch, visual));
    const tokens = made.map(({ tokens }) => tokens);
    const total = tokens.reduce((sum, count) => sum + count, 0);
    return made.map(({ arrays }, i) => ({
      ...arrays,
      seed: { data: Int32Array.of(seed(i)), shape: [] },
      // A token of any micro-batch counts alike, as with transformers' num_items_in_batch.
      ...(made.length > 1 && kind === 'captions' && { share: { data: Float32Array.of(tokens[i]! / total), shape: [] } }),
    }));
  }

  readonly #seen: Visual = (samples) => this.options.source.batch(pick(this.options.rows, samples));

  readonly #unseen: Visual = (samples) => {
    const one = (this.#example ??= this.options.source.batch([0]));
    return Object.fromEntries(
      Object.entries(one).map(([name, { data, shape }]) => [
        name,
        { data: data.subarray(0, 0), shape: [samples.length, ...shape.slice(1)] },
      ]),
    );
  };

  #arrays(kind: StepKind, part: readonly number[], whole: readonly number[], visual: Visual): { arrays: HostBatch; tokens: number } {
    const { samples, head, sizes, words } = this.options;
    const text = kind === 'before' ? null : head.prepare(pick(samples, part), sizes.visual);
    const arrays = {
      ...visual(part),
      ...(text && prefixed('text', text)),
      ...(words && kind !== 'evaluation' && prefixed('auxiliary', words.prepare(part, sizes.time, whole))),
    };
    return { arrays, tokens: text ? head.answerTokens(text) : 0 };
  }
}

/** Arrays of several origins in one batch: `text/ids`. */
function prefixed(prefix: string, batch: HostBatch): HostBatch {
  return Object.fromEntries(Object.entries(batch).map(([name, array]) => [`${prefix}/${name}`, array]));
}

export function unprefixed(prefix: string, batch: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const start = `${prefix}/`;
  return Object.fromEntries(
    Object.entries(batch).flatMap(([name, tensor]) => (name.startsWith(start) ? [[name.slice(start.length), tensor]] : [])),
  );
}

export function pick<Item>(items: readonly Item[], indices: readonly number[]): Item[] {
  return indices.map((index) => items[index]!);
}
