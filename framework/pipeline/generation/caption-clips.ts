import type { Progress } from '../../contracts/index.js';
import type { RunPlan } from '../../plan/run-plan.js';
import { generateAll, type Model } from '../../training/index.js';
import type { FrozenFeatures } from '../frozen-features.js';
import type { DigestedClip } from '../perceive.js';
import { visualSource, type PixelFolders } from '../visual-source.js';

interface CaptionOptions {
  plan: RunPlan;
  perception: PixelFolders;
  features: Pick<FrozenFeatures, 'arrays'> | null;
  clips: readonly DigestedClip[];
  progress: Progress;
  signal: AbortSignal;
  /** Told the captions of a batch, the first being of clip `first`. */
  onCaptions: (first: number, texts: string[]) => void;
}

/** Captions clips in this process, as the run's settings say. Throws Fault INTERRUPTED when the signal fires. */
export async function captionClips(
  model: Model,
  { plan, perception, features, clips, progress, signal, onCaptions }: CaptionOptions,
): Promise<void> {
  const { generate, seed } = plan.settings;
  await generateAll(
    model,
    visualSource(plan, perception, features, clips),
    clips.map(({ clip }) => ({ instruction: clip.instruction, answer: '', clip: clip.id })),
    {
      maxNewTokens: generate['max-new-tokens'],
      temperature: generate.temperature,
      topK: generate['top-k'],
      topP: generate['top-p'],
      repetitionPenalty: generate['repetition-penalty'],
      beams: generate.beams,
      lengthPenalty: generate['length-penalty'],
      stop: generate.stop,
      batch: generate.batch,
      seed,
    },
    progress,
    signal,
    onCaptions,
  );
}
