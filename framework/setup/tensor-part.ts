import { hasAvx } from '../tensor/backend/has-avx.js';
import { readMarker } from './kept-folder.js';
import { makeLibtensorflow, planLibtensorflow, type Libtensorflow } from './libtensorflow.js';
import { nvidiaDriver, oldestDriver, runsCuda12 } from './nvidia.js';
import { noIndexHint, type PartOutcome, type SetupPart } from './setup-part.js';
import { addonFolder, findCompiler, glibcVersion, isLinked, linkAddon, makeAddon, readAddon } from './tensor-addon.js';

/** The wheel is built for this C library and newer ones (manylinux_2_27). */
const oldestGlibc = [2, 27] as const;
const cost = 'mienlab goes on with WebAssembly: training takes about five times as long, face detection twice';

function skipped(detail: string, hint?: string): PartOutcome {
  return { state: 'skipped', detail, cost, hint };
}

function whyNot(): string | undefined {
  const glibc = glibcVersion();
  if (!glibc) return 'the C library is not glibc';
  const [major = 0, minor = 0] = glibc.split('.').map(Number);
  if (major < oldestGlibc[0] || (major === oldestGlibc[0] && minor < oldestGlibc[1]))
    return `glibc ${glibc} is older than ${oldestGlibc.join('.')}`;
  if (!hasAvx()) return 'the CPU has no AVX';
  return undefined;
}

function outcome(state: 'ready' | 'made', plan: Libtensorflow): PartOutcome {
  const bytes = (readMarker(plan.folder)?.bytes ?? 0) + (readMarker(addonFolder(plan))?.bytes ?? 0);
  const cuda = plan.cudaData ? ' with CUDA 12 libraries' : '';
  const driver = plan.cudaData ? nvidiaDriver() : undefined;
  const idle =
    plan.cudaData && (driver === undefined || !runsCuda12(driver))
      ? { cost: `it computes on the CPU until there is an NVIDIA driver, ${oldestDriver} or newer (${driver ?? 'none'} is seen here)` }
      : {};
  return { ...idle, state, detail: `libtensorflow ${plan.version} (${plan.distribution})${cuda} and its addon`, path: plan.folder, bytes };
}

function present(): PartOutcome | undefined {
  const plan = planLibtensorflow();
  return 'missing' in plan || !readAddon(plan) || !isLinked(plan) ? undefined : outcome('ready', plan);
}

export const tensorPart: SetupPart = {
  name: 'tensor',
  summary: 'libtensorflow out of a Python wheel, and the native addon compiled against it',
  size: 'downloads 274 MB, keeps 854 MB (with an NVIDIA driver 2.5 GB and 4.2 GB)',
  present,
  async make(context) {
    const plan = planLibtensorflow();
    if ('missing' in plan) return skipped(plan.missing);
    if (readAddon(plan)) {
      linkAddon(plan);
      return outcome('ready', plan);
    }
    const reason = whyNot();
    if (reason) return skipped(`libtensorflow does not run here: ${reason}`);
    const compiler = findCompiler();
    if (!compiler)
      return skipped(
        'there is no C++ compiler to build the addon with',
        'install one (Debian, Ubuntu: apt install g++), then run "mienlab setup"',
      );
    if (!readMarker(plan.folder)) {
      if (context.offline)
        return skipped('libtensorflow is not in the cache, and --offline forbids to fetch it', 'run "mienlab setup" with a network');
      const index = await context.index();
      if (!index) return skipped('no Python package index is known to fetch libtensorflow from', noIndexHint);
      await makeLibtensorflow(plan, index, context);
    }
    await makeAddon(plan, compiler, context);
    linkAddon(plan);
    return outcome('made', plan);
  },
};
