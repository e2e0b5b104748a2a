import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import type { DataItem, Split } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { decodeFrames } from '../video/index.js';
import { clipDigest } from './clip-digest.js';
import type { ProblemTally } from './problem-tally.js';
import type { StageCache } from './stage-cache.js';

/** Videos that are opened at a time. */
const atOnce = 4;

/** What an earlier look at a file said of it: null where it can be decoded. */
type Verdict = { code: Fault['code']; message: string } | null;

/**
 * Looks at every video of a dataset once: whether it is there, can be decoded, and is in one split alone, under whatever name. Files that were
 * looked at before and did not change are not opened again. Holds about half a kilobyte for each different video.
 */
export class VideoChecks {
  /** By half a hash of the path. */
  readonly #splits = new Map<number, Split>();
  readonly #contents = new Map<string, { split: Split; at: string }>();
  readonly #open = new Set<Promise<void>>();
  readonly #verdicts;
  readonly #digests;

  /** `quick`: no video is opened. */
  constructor(
    private readonly tally: ProblemTally,
    private readonly cache: StageCache,
    private readonly options: { quick: boolean; signal: AbortSignal },
  ) {
    this.#verdicts = this.cache.records<Verdict>('check', 'videos');
    this.#digests = this.cache.records<string>('digest', 'files');
  }

  /** Different videos, there or not. */
  get count(): number {
    return this.#splits.size;
  }

  /** Waits where enough videos are being looked at. */
  async add(item: DataItem): Promise<void> {
    const { video, split, where } = item;
    const id = createHash('sha1').update(video).digest().readUIntBE(0, 6);
    const known = this.#splits.get(id);
    if (known !== undefined) {
      if (known !== split) {
        const message = `${video} is in ${split} here, and in ${known} before`;
        this.tally.problem({ where, problem: 'video in two splits', message, expected: 'every video in one split' });
      }
      return;
    }
    this.#splits.set(id, split);
    const stat = statSync(video, { throwIfNoEntry: false });
    if (!stat?.isFile()) {
      const message = stat ? `${video} is no file` : `there is no ${video}`;
      this.tally.problem(
        { where, problem: 'missing video', message, hint: 'set data.root to the folder that the paths go from' },
        'DATASET_MISSING',
      );
    } else if (!this.options.quick) {
      const look = this.#look(item, `${video}:${stat.size}:${stat.mtimeMs}`).finally(() => this.#open.delete(look));
      this.#open.add(look);
      if (this.#open.size >= atOnce) await Promise.race(this.#open);
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#open);
  }

  async #look({ video, split, where }: DataItem, file: string): Promise<void> {
    const digest = await clipDigest(video, this.#digests);
    const same = this.#contents.get(digest);
    if (!same) this.#contents.set(digest, { split, at: `${where.source}:${where.line ?? ''}` });
    else if (same.split !== split) {
      const message = `${video} is in ${split}, and what is in it in ${same.split} too, at ${same.at}`;
      this.tally.problem({ where, problem: 'same video in two splits', message, expected: 'every video in one split' });
    }
    let verdict = this.#verdicts.get(file);
    if (verdict === undefined) {
      try {
        // A single small frame: the whole file is read for it.
        await decodeFrames(video, { frames: 1, maxSide: 32, signal: this.options.signal });
        verdict = null;
      } catch (error) {
        if (!(error instanceof Fault) || !error.code.startsWith('VIDEO_')) throw error;
        verdict = { code: error.code, message: error.message };
      }
      this.#verdicts.set(file, verdict);
    }
    if (verdict) this.tally.fault('unreadable video', new Fault(verdict.code, verdict.message), where);
  }
}
