import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cacheFolder } from '../paths.js';
import { assertDiskSpace } from './assert-disk-space.js';
import { keepFolder, readMarker, type Marker } from './kept-folder.js';
import { nvidiaDriver, runsCuda12 } from './nvidia.js';
import { obtainWheel } from './obtain-wheel.js';
import type { PackageIndex } from './package-index.js';
import type { SetupContext } from './setup-part.js';
import { unpackWheel } from './unpack-wheel.js';
import { cudaWheels, libtensorflowVersion, tensorflowWheels, type PinnedWheel } from './wheel-table.js';

/** What stays on disk, measured: 854 MB, with CUDA 4.21 GB. */
const keptBytes = { cpu: 0.9e9, cuda: 4.3e9 };

export interface Libtensorflow {
  /** `tensorflow-cpu`, or `tensorflow` where that carries CUDA or is all there is. */
  distribution: string;
  version: string;
  wheels: readonly PinnedWheel[];
  folder: string;
  /** What XLA asks for, where CUDA is used. */
  cudaData?: string;
}

function planOf(kind: 'cpu' | 'cuda'): Libtensorflow | undefined {
  const wheel = tensorflowWheels[`${process.platform}-${process.arch}-${kind}`];
  if (!wheel) return undefined;
  const folder = join(cacheFolder(), 'libtensorflow', `${wheel.project}-${wheel.version}-${process.arch}`);
  return {
    distribution: wheel.project,
    version: libtensorflowVersion,
    wheels: kind === 'cuda' ? [wheel, ...cudaWheels] : [wheel],
    folder,
    ...(kind === 'cuda' ? { cudaData: join(folder, 'nvidia', 'cuda_nvcc') } : {}),
  };
}

/**
 * The library for this machine, or why there is none: with CUDA where MIENLAB_LIBTENSORFLOW is `cuda` (`mienlab setup --gpu`), where a driver
 * is there that can run it, or where it was once set up (it computes on CPUs too); without where the variable is `cpu`.
 */
export function planLibtensorflow(driver = nvidiaDriver()): Libtensorflow | { missing: string } {
  const named = process.env['MIENLAB_LIBTENSORFLOW'];
  const machine = `${process.platform}-${process.arch}`;
  const cuda = planOf('cuda');
  if (named === 'cuda') return cuda ?? { missing: `there is no libtensorflow with CUDA for ${machine}` };
  const wanted = named !== 'cpu' && ((driver !== undefined && runsCuda12(driver)) || (cuda && readMarker(cuda.folder)));
  return (wanted ? cuda : undefined) ?? planOf('cpu') ?? { missing: `there is no libtensorflow for ${machine}` };
}

/** The two libraries, and the 14 headers the addon needs with their neighbours (strings are inline there: same release as the libraries). */
const wanted =
  /^tensorflow\/(?:(lib)tensorflow_(?:cc|framework)\.so\.2$|include\/(?:tensorflow\/c\/(?:eager\/)?[^/]+\.h|tensorflow\/core\/platform\/ctstring[^/]*\.h|(?:xla\/)?tsl\/(?:platform\/ctstring|c\/tsl_status)[^/]*\.h)$)/;

function pickTensorflow(member: string): string | undefined {
  const match = wanted.exec(member);
  if (!match) return undefined;
  return match[1] ? join('lib', basename(member)) : member.slice('tensorflow/'.length);
}

function pickCuda(member: string): string | undefined {
  return /^nvidia\/[^/]+\/(?:lib|bin|nvvm\/libdevice)\//.test(member) ? member : undefined;
}

async function makeRunnable(folder: string): Promise<void> {
  const bin = join(folder, 'nvidia', 'cuda_nvcc', 'bin');
  if (!existsSync(bin)) return;
  for (const name of await readdir(bin)) await chmod(join(bin, name), 0o755);
}

/** Fetches and unpacks the library into the cache. */
export function makeLibtensorflow(plan: Libtensorflow, index: PackageIndex, { signal, progress }: SetupContext): Promise<Marker> {
  return keepFolder(
    plan.folder,
    async (aside) => {
      const largest = Math.max(...plan.wheels.map((wheel) => wheel.bytes));
      await assertDiskSpace(aside, largest + keptBytes[plan.cudaData ? 'cuda' : 'cpu']);
      for (const [i, wheel] of plan.wheels.entries()) {
        const which = plan.wheels.length > 1 ? ` (${i + 1} of ${plan.wheels.length})` : '';
        const started = performance.now();
        const path = await obtainWheel(index, wheel, aside, {
          signal,
          onBytes: (done, total) => progress.bytes(`tensor: downloading ${wheel.project} ${wheel.version}${which}`, done, total, started),
        });
        const unpacking = performance.now();
        await unpackWheel(path, aside, {
          signal,
          pick: i === 0 ? pickTensorflow : pickCuda,
          onBytes: (done, total) => progress.bytes(`tensor: unpacking ${wheel.project}${which}`, done, total, unpacking),
        });
        await rm(path);
      }
      const lib = join(aside, 'lib');
      await mkdir(lib, { recursive: true });
      await symlink('libtensorflow_cc.so.2', join(lib, 'libtensorflow.so'));
      await symlink('libtensorflow_framework.so.2', join(lib, 'libtensorflow_framework.so'));
      await makeRunnable(aside);
      return Object.fromEntries(plan.wheels.map((wheel) => [wheel.project, wheel.version]));
    },
    { signal, onWait: (owner) => progress.update(`tensor: waiting for ${owner}, which is setting it up`) },
  );
}
