import { setImmediate } from 'node:timers/promises';
import type { Settings } from '../config/settings-schema.js';
import type { Clip, InstructionSample, LlmHead, Log, Progress } from '../contracts/index.js';
import { Fault, FaultList } from '../faults/index.js';
import { seededRandom } from '../plugin/index.js';
import { holdOut, trainStages } from '../training/index.js';
import { clipSamples } from './clip-samples.js';
import type { DigestedClip } from './perceive.js';

interface Splits {
  train: readonly DigestedClip[];
  validation: readonly DigestedClip[];
}

/** The instruction samples of every clip, and the clip's index for each. */
function samplesOf(clips: readonly DigestedClip[]): { samples: InstructionSample[]; rows: number[] } {
  const samples = clips.map(({ clip }) => clipSamples(clip));
  return { samples: samples.flat(), rows: samples.flatMap((own, row) => own.map(() => row)) };
}

/** What a training is evaluated on; null where no stage is. */
export function evaluatesFrom(train: Settings['train']): 'share' | 'validation' | null {
  return trainStages(train).some(({ evaluate }) => evaluate.every) ? train.evaluate.from : null;
}

/** Whether a run tunes on the clip, or is evaluated or tested on it. */
export function isUsed(clip: Clip, train: Settings['train']): boolean {
  if (clip.split === 'test') return true;
  return clipSamples(clip).length > 0 && (clip.split === 'train' || evaluatesFrom(train) === 'validation');
}

/** The clips of a training, its samples, and which of them are held out. */
interface TrainingSamples {
  clips: readonly DigestedClip[];
  samples: readonly InstructionSample[];
  /** For each sample its clip's index. */
  rows: readonly number[];
  held: readonly number[];
}

interface UsableOptions {
  /** Visual embeddings before the text of each. */
  visual: number;
  onError: 'skip' | 'fail';
  log: Log;
  progress: Progress;
  signal: AbortSignal;
}

/** Faults that are told one by one. */
const SHOWN = 10;

/**
 * Without the samples that the head refuses (too long, mostly), so that none ends a training after hours. Warns of them, or throws a FaultList
 * of the first ones with `onError: fail`.
 */
export async function usableSamples(
  { samples, rows, held, ...same }: TrainingSamples,
  head: Pick<LlmHead, 'prepare'>,
  { visual, onError, log, progress, signal }: UsableOptions,
): Promise<TrainingSamples> {
  const faults: Fault[] = [];
  const usable: number[] = [];
  const task = progress.start('look at samples', samples.length);
  let breath = performance.now();
  try {
    for (const [i, sample] of samples.entries()) {
      const fault = refusal(head, sample, visual);
      if (fault) faults.push(fault);
      else usable.push(i);
      if (performance.now() - breath < 50) continue;
      task.done(i + 1);
      await setImmediate();
      signal.throwIfAborted();
      breath = performance.now();
    }
    task.done(samples.length);
  } finally {
    task.end();
  }
  if (!faults.length) return { samples, rows, held, ...same };
  const more = faults.length > SHOWN ? `, and ${faults.length - SHOWN} more` : '';
  const message = `${faults.length} of ${samples.length} training samples cannot be used`;
  if (onError === 'fail' || !usable.length) {
    throw new FaultList([new Fault('SAMPLE_INVALID', `${message}${more && `; the first ${SHOWN} follow`}`), ...faults.slice(0, SHOWN)]);
  }
  const told = faults.slice(0, SHOWN).map((fault) => `${fault.details.clip}: ${fault.message}`);
  log.warn(`${message} and are left out: ${told.join('; ')}${more}`);
  const place = new Map(usable.map((from, to) => [from, to]));
  return {
    ...same,
    samples: usable.map((i) => samples[i]!),
    rows: usable.map((i) => rows[i]!),
    held: held.flatMap((i) => place.get(i) ?? []),
  };
}

/** Why a head does not take a sample; undefined where it does. */
export function refusal(head: Pick<LlmHead, 'prepare'>, sample: InstructionSample, visual: number): Fault | undefined {
  try {
    head.prepare([sample], visual);
  } catch (error) {
    if (error instanceof Fault) return new Fault(error.code, error.message, { clip: sample.clip, ...error.details });
    throw error;
  }
  return undefined;
}

/** The clips of a training, and those of its samples that are held out. Warns where none can be. */
export function trainingSamples({ train, validation }: Splits, settings: Settings, log: Log): TrainingSamples {
  const from = evaluatesFrom(settings.train);
  const clips = from === 'validation' ? [...train, ...validation] : train;
  const random = seededRandom(settings.seed).fork('held-out');
  const heldRows = new Set(
    from === 'validation'
      ? validation.map((_, i) => train.length + i)
      : from === 'share'
        ? holdOut(random, train.length, settings.train.evaluate.share)
        : [],
  );
  if (from && !heldRows.size) log.warn(`nothing can be held out (train.evaluate.from: ${from}): the training goes on without evaluations`);
  const { samples, rows } = samplesOf(clips);
  return { clips, samples, rows, held: rows.flatMap((row, sample) => (heldRows.has(row) ? [sample] : [])) };
}
