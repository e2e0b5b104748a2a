import { createHash } from 'node:crypto';
import { dirname, relative } from 'node:path';
import type { DataProblem, Split } from 'mienlab/contracts';
import type { InstructionsConfig } from './plugin.js';

/** Draws the split of what has none. All of one group (video, folder, or value of a key such as `person`) go to the same. */
export class SplitDraw {
  readonly #known = new Map<string, Split>();

  constructor(private readonly config: Pick<InstructionsConfig, 'split-by' | 'test-share' | 'validation-share' | 'seed'>) {}

  /** The group's name, or what is wrong with it. `root` is the folder that paths of videos go from. */
  group(
    video: string,
    root: string,
    values: Readonly<Record<string, unknown>>,
  ): string | Pick<DataProblem, 'problem' | 'message' | 'expected'> {
    const by = this.config['split-by'];
    if (by === 'video') return relative(root, video);
    if (by === 'folder') return relative(root, dirname(video));
    const value = values[by];
    if ((typeof value === 'string' && value) || typeof value === 'number') return String(value);
    return {
      problem: 'no group',
      message: `it does not say its "${by}", by which splits are drawn`,
      expected: `a text or number under "${by}"`,
    };
  }

  /** By a hash of seed and group: the same on every machine, whatever else the data holds. */
  split(group: string): Split {
    const known = this.#known.get(group);
    if (known) return known;
    const { seed, 'test-share': test, 'validation-share': validation } = this.config;
    const digest = createHash('sha256').update(`${seed}/${group}`).digest();
    const place = digest.readUInt32BE(0) / 2 ** 32;
    const split = place < test ? 'test' : place < test + validation ? 'validation' : 'train';
    // Groups come in runs: what is remembered need not grow with the data.
    if (this.#known.size >= 1024) this.#known.clear();
    this.#known.set(group, split);
    return split;
  }
}
