import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { Fault } from '../../faults/index.js';
import type { OpenBackend } from './backend-choice.js';
import { hasAvx } from './has-avx.js';
import { threadEnvironment, type TensorWork } from './thread-table.js';
import { requireHere, unionModule } from './union-module.js';
import { withoutNotices } from './without-notices.js';

/** What `mienlab setup` writes beside the addon. */
interface AddonOrigin {
  distribution: string;
  cudaData?: string;
}

/** Where `mienlab setup` puts the addon that tfjs-node-gpu looks for. */
export function addonPath(): string {
  return join(dirname(requireHere.resolve('@tensorflow/tfjs-node-gpu/package.json')), 'lib', 'napi-v8', 'tfjs_binding.node');
}

function addonOrigin(addon: string): AddonOrigin | undefined {
  const file = `${addon}.json`;
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as AddonOrigin) : undefined;
}

function setDefault(name: string, value: string): void {
  process.env[name] ??= value;
}

function gpuName(): string {
  const folder = '/proc/driver/nvidia/gpus';
  if (!existsSync(folder)) return 'GPU';
  const models = readdirSync(folder).map((gpu) => /^Model:\s*(.+)$/m.exec(readFileSync(join(folder, gpu, 'information'), 'utf8'))?.[1]);
  return models.filter(Boolean).join(', ') || 'GPU';
}

function cpuName(): string {
  const cores = cpus();
  const threads = process.env['TF_NUM_INTRAOP_THREADS'] || String(cores.length);
  return `${cores[0]?.model.trim() ?? process.arch}, ${threads} ${threads === '1' ? 'thread' : 'threads'}`;
}

interface NodeBackend {
  isUsingGpuDevice: boolean;
  binding: { TF_Version: string };
}

/**
 * Loads the native addon over libtensorflow (0.5 s, 400 MB resident, of which most is the mapped library).
 * @throws Fault BACKEND_MISSING that says what to do where the addon is not built or does not load
 */
export async function openTensorflow(work: TensorWork): Promise<OpenBackend> {
  const addon = addonPath();
  if (!existsSync(addon)) {
    throw new Fault('BACKEND_MISSING', 'its addon is not built', { hint: 'run "mienlab setup --only tensor"' });
  }
  if (!hasAvx()) throw new Fault('BACKEND_MISSING', 'libtensorflow needs a CPU with AVX, this one has none');
  const origin = addonOrigin(addon);
  for (const [name, value] of Object.entries(threadEnvironment(work))) setDefault(name, value);
  setDefault('TF_CPP_MIN_LOG_LEVEL', '2');
  setDefault('TF_FORCE_GPU_ALLOW_GROWTH', 'true');
  if (origin?.cudaData) setDefault('XLA_FLAGS', `--xla_gpu_cuda_data_dir=${origin.cudaData}`);
  const tf = unionModule();
  try {
    withoutNotices(join(dirname(addon), 'stderr_gate.node'), () => requireHere('@tensorflow/tfjs-node-gpu'));
  } catch (cause) {
    throw new Fault('BACKEND_MISSING', `its addon does not load (${String((cause as Error).message).split('\n')[0]})`, {
      hint: 'run "mienlab setup --only tensor"',
      cause,
    });
  }
  const backend = tf.backend() as unknown as NodeBackend;
  const gpu = backend.isUsingGpuDevice;
  return {
    device: gpu ? { kind: 'gpu', name: gpuName() } : { kind: 'cpu', name: cpuName() },
    versions: {
      tfjs: tf.version['tfjs'],
      'tfjs-node-gpu': (requireHere('@tensorflow/tfjs-node-gpu/package.json') as { version: string }).version,
      [origin?.distribution ?? 'libtensorflow']: backend.binding.TF_Version,
    },
  };
}
