import type { Clip } from '../contracts/index.js';
import { blindPredictions, typicalCaptions } from '../pipeline/blind-baselines.js';
import { seededRandom } from '../plugin/index.js';

/** Captions that stand beside the ones scored, one per clip. */
export interface Baseline {
  label: 'constant' | 'other' | 'cut';
  what: string;
  predictions: string[];
}

/**
 * What a score must be read against. `constant` and `other` saw no video; `cut` knows the answer and shows what length alone costs. Here, where
 * there are no training captions, the constant is chosen among the evaluated references; the clip it belongs to gets the runner-up.
 * Fewer where there are too few references.
 */
export function scoreBaselines(clips: readonly Pick<Clip, 'references'>[], seed: number): Baseline[] {
  const firsts = clips.flatMap(({ references }) => references.slice(0, 1));
  const [best, second] = [...new Set(typicalCaptions(firsts, seededRandom(seed).fork('constant')))];
  const { other } = blindPredictions({ trainReferences: [], testClips: clips, seed });
  const baselines: Baseline[] = [];
  if (best !== undefined && second !== undefined) {
    const predictions = clips.map(({ references }) => (references.includes(best) ? second : best));
    baselines.push({ label: 'constant', what: 'one caption for all clips, the most typical reference', predictions });
  }
  if (other) baselines.push({ label: 'other', what: 'the reference of another clip', predictions: other });
  const cut = (text: string) => {
    const words = text.split(/\s+/).filter(Boolean);
    return words.slice(0, Math.ceil(words.length / 2)).join(' ');
  };
  baselines.push({
    label: 'cut',
    what: 'the clip’s own reference, its first half (not blind: what length costs)',
    predictions: clips.map(({ references }) => cut(references[0] ?? '')),
  });
  return baselines;
}
