import { setImmediate } from 'node:timers/promises';
import type { GenerateOptions, InstructionSample, Progress } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { tensorflow, tidy, toTensors } from '../tensor/index.js';
import type { Model } from './model.js';
import { visualTokens, type VisualSource } from './visual-source.js';

export interface GenerateAllOptions extends GenerateOptions {
  /** Clips at a time. */
  batch: number;
}

/** Generates for every clip of the source, in order, and tells each batch's texts as soon as they are there. Throws Fault INTERRUPTED when the signal fires. */
export async function generateAll(
  { encoder, projector, head }: Model,
  source: VisualSource,
  samples: readonly InstructionSample[],
  { batch, ...options }: GenerateAllOptions,
  progress: Progress,
  signal: AbortSignal,
  onTexts: (first: number, texts: string[]) => void = () => {},
): Promise<string[]> {
  const tf = tensorflow();
  const task = progress.start('generate', samples.length);
  const texts: string[] = [];
  try {
    for (let start = 0; start < samples.length; start += batch) {
      if (signal.aborted) throw new Fault('INTERRUPTED', `interrupted after ${start} of ${samples.length} clips`);
      const indices = samples.slice(start, start + batch).map((_, i) => start + i);
      // Draws go by the clip's name.
      const part = indices.map((index) => ({ clip: `clip ${index}`, ...samples[index]! }));
      const visual = tidy(() => projector.project(visualTokens(encoder, toTensors(source.batch(indices)))).sequence);
      try {
        const answers = await head.generate(part, visual, options);
        texts.push(...answers);
        onTexts(start, answers);
      } finally {
        tf.dispose(visual);
      }
      task.done(texts.length);
      await setImmediate();
    }
    return texts;
  } finally {
    task.end();
  }
}
