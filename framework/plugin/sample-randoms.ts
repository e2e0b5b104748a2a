import type { InstructionSample, Random } from '../contracts/index.js';
import { seededRandom } from './seeded-random.js';

/** A source of draws for each sample that seed, clip and instruction settle, whatever the batch it lies in (its place, where it names no clip). */
export function sampleRandoms(samples: readonly InstructionSample[], seed: number): Random[] {
  return samples.map(({ clip, instruction }, i) => seededRandom(seed).fork(`${clip ?? i} ${instruction}`));
}
