import type { Settings } from '../config/settings-schema.js';
import type { Clip, InstructionSample, Log } from '../contracts/index.js';
import { seededRandom } from '../plugin/index.js';
import { holdOut, trainStages } from '../training/index.js';
import type { DigestedClip } from './perceive.js';

interface Splits {
  train: readonly DigestedClip[];
  validation: readonly DigestedClip[];
}

/** An instruction sample for every reference of every clip, and the clip's index for each. */
function samplesOf(clips: readonly DigestedClip[]): { samples: InstructionSample[]; rows: number[] } {
  const rows = clips.flatMap(({ clip }, row) => clip.references.map(() => row));
  const samples = clips.flatMap(({ clip: { id, instruction, references } }) =>
    references.map((answer) => ({ instruction, answer, clip: id })),
  );
  return { samples, rows };
}

/** What a training is evaluated on; null where no stage is. */
export function evaluatesFrom(train: Settings['train']): 'share' | 'validation' | null {
  return trainStages(train).some(({ evaluate }) => evaluate.every) ? train.evaluate.from : null;
}

/** Whether a run tunes on the clip, or is evaluated or tested on it. */
export function isUsed({ split, references }: Clip, train: Settings['train']): boolean {
  if (split === 'test') return true;
  return references.length > 0 && (split === 'train' || evaluatesFrom(train) === 'validation');
}

/** The clips of a training, and those of its samples that are held out. Warns where none can be. */
export function trainingSamples({ train, validation }: Splits, settings: Settings, log: Log) {
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
