import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cacheFolder } from '../paths.js';
import { assertDiskSpace } from './assert-disk-space.js';
import { keepFolder, type Marker } from './kept-folder.js';
import { obtainWheel } from './obtain-wheel.js';
import type { PackageIndex } from './package-index.js';
import { findProgram } from './run-program.js';
import type { SetupContext } from './setup-part.js';
import { unpackWheel } from './unpack-wheel.js';
import { cudaWheels, libtensorflowVersion, tensorflowWheels, type PinnedWheel } from './wheel-table.js';

/** CUDA 12 libraries run on this Linux driver and on newer ones. */
const oldestDriver = 525;
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

/** The version of the NVIDIA driver, `unknown` where only its tool is seen, undefined where there is none. */
export function nvidiaDriver(): string | undefined {
  const file = '/proc/driver/nvidia/version';
  if (existsSync(file)) return /Kernel Module\D*?([\d.]{3,})/.exec(readFileSync(file, 'utf8'))?.[1] ?? 'unknown';
  return findProgram('nvidia-smi') ? 'unknown' : undefined;
}

function wantsCuda(): boolean {
  const named = process.env['MIENLAB_LIBTENSORFLOW'];
  if (named === 'cpu' || named === 'cuda') return named === 'cuda';
  const driver = nvidiaDriver();
  return driver !== undefined && (driver === 'unknown' || Number.parseInt(driver, 10) >= oldestDriver);
}

/** The library for this machine, or why there is none. MIENLAB_LIBTENSORFLOW=cpu or cuda overrides what the driver says. */
export function planLibtensorflow(): Libtensorflow | { missing: string } {
  const machine = `${process.platform}-${process.arch}`;
  const cuda = wantsCuda() && `${machine}-cuda` in tensorflowWheels;
  const wheel = tensorflowWheels[`${machine}-${cuda ? 'cuda' : 'cpu'}`];
  if (!wheel) return { missing: `there is no libtensorflow for ${machine}` };
  const folder = join(cacheFolder(), 'libtensorflow', `${wheel.project}-${wheel.version}-${process.arch}`);
  return {
    distribution: wheel.project,
    version: libtensorflowVersion,
    wheels: cuda ? [wheel, ...cudaWheels] : [wheel],
    folder,
    ...(cuda ? { cudaData: join(folder, 'nvidia', 'cuda_nvcc') } : {}),
  };
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
