import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { freemem } from 'node:os';
import { dirname, join } from 'node:path';
import { Fault } from '../faults/index.js';
import { cacheFolder, stateFolder } from '../paths.js';
import { chooseBackend, loadBackend } from '../tensor/backend/index.js';
import { ffmpegExecutable } from '../video/ffmpeg-executable.js';
import { missingCudaLibraries } from './cuda-libraries.js';
import { environmentFacts, type EnvironmentFact } from './environment-facts.js';
import { folderBytes } from './kept-folder.js';
import { planLibtensorflow } from './libtensorflow.js';
import { describeNvidia, nvidiaState } from './nvidia.js';
import { splitCredentials } from './package-index.js';
import { formatBytes } from './progress-line.js';

/** ok; warning: works, but something should be known; missing: not there. */
type CheckState = 'ok' | 'warning' | 'missing';

export interface Check {
  name: string;
  state: CheckState;
  detail: string;
  hint?: string;
  /** mienlab cannot run experiments while this is missing. */
  required?: boolean;
}

/** A run of the quickstart stays under 3 GB; below this the machine may swap. */
const comfortableMemory = 4e9;
const comfortableDisk = 3e9;
const trackingTimeoutMs = 3_000;
const reachHint = 'runs are kept in their journals until it answers; then run "mienlab sync"';

async function folderCheck(name: string, folder: string): Promise<Check> {
  if (!existsSync(folder)) return { name, state: 'ok', detail: `${folder}, not made yet` };
  return { name, state: 'ok', detail: `${folder}, ${formatBytes(await folderBytes(folder))}` };
}

async function diskCheck(folder: string): Promise<Check> {
  let there = folder;
  while (!existsSync(there)) there = dirname(there);
  const { bavail, bsize } = await statfs(there);
  const free = bavail * bsize;
  const detail = `${formatBytes(free)} free at ${there}`;
  return free < comfortableDisk
    ? { name: 'disk', state: 'warning', detail, hint: 'setup wants 3 GB: let MIENLAB_CACHE name a folder elsewhere' }
    : { name: 'disk', state: 'ok', detail };
}

async function tensorCheck(): Promise<Check> {
  try {
    const choice = await chooseBackend({ backend: 'auto' });
    const tf = await loadBackend(choice);
    const product = tf.tidy(() => tf.matMul(tf.tensor2d([2, 3], [1, 2]), tf.tensor2d([5, 7], [2, 1])));
    const [value] = await product.data();
    product.dispose();
    if (value !== 31) throw new Fault('BACKEND_MISSING', `${choice.name} computes 2 x 5 + 3 x 7 = ${value}`);
    const versions = Object.entries(choice.versions).map(([name, version]) => `${name} ${version}`);
    const detail = `${choice.name} on ${choice.device.kind}: ${choice.device.name}; ${versions.join(', ')}; ${choice.reason}`;
    return choice.cost
      ? { name: 'tensor', state: 'warning', detail: `${detail}; ${choice.cost}`, hint: 'run "mienlab setup --only tensor"' }
      : { name: 'tensor', state: 'ok', detail };
  } catch (error) {
    const hint = error instanceof Fault ? error.details.hint : undefined;
    return { name: 'tensor', state: 'missing', detail: (error as Error).message, hint, required: true };
  }
}

/** The driver, and what of CUDA set-up has put beside libtensorflow. */
async function gpuChecks(): Promise<Check[]> {
  const state = await nvidiaState();
  const plan = planLibtensorflow(state.driver);
  const detail = describeNvidia(state);
  const gpu: Check = detail
    ? {
        name: 'gpu',
        state: state.problem ? 'warning' : 'ok',
        detail: [detail, state.problem?.what, `Vulkan: ${state.vulkan ?? 'no NVIDIA driver'}`].filter(Boolean).join('; '),
        hint: state.problem?.hint,
      }
    : { name: 'gpu', state: 'ok', detail: 'no NVIDIA driver; none is needed' };
  if ('missing' in plan || !plan.cudaData) return [gpu];
  const missing = missingCudaLibraries(plan.folder);
  return [
    gpu,
    missing.length
      ? { name: 'cuda', state: 'missing', detail: `not in ${plan.folder}: ${missing.join(', ')}`, hint: 'run "mienlab setup --gpu"' }
      : { name: 'cuda', state: 'ok', detail: `CUDA 12 libraries in ${join(plan.folder, 'nvidia')}` },
  ];
}

function ffmpegCheck(fact: string | undefined): Check {
  if (fact) return { name: 'ffmpeg', state: 'ok', detail: fact };
  try {
    return {
      name: 'ffmpeg',
      state: 'missing',
      detail: `${ffmpegExecutable()} does not run`,
      hint: 'run "mienlab setup --only ffmpeg"',
      required: true,
    };
  } catch (error) {
    return { name: 'ffmpeg', state: 'missing', detail: (error as Error).message, hint: (error as Fault).details.hint, required: true };
  }
}

async function trackingCheck(): Promise<Check> {
  const name = 'tracking';
  const address = process.env['MLFLOW_TRACKING_URI'];
  if (!address) return { name, state: 'ok', detail: 'MLFLOW_TRACKING_URI is not set: runs go to a server of their own' };
  if (!/^https?:\/\//.test(address)) {
    return {
      name,
      state: 'warning',
      detail: `MLFLOW_TRACKING_URI is ${address}, which is no server`,
      hint: 'let it name an http or https address, or unset it',
    };
  }
  const { url, headers } = splitCredentials(`${address.replace(/\/*$/, '')}/health`);
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(trackingTimeoutMs) });
    await response.body?.cancel();
    if (response.ok) return { name, state: 'ok', detail: `MLFLOW_TRACKING_URI: the server at ${url.host} answers` };
    return { name, state: 'warning', detail: `MLFLOW_TRACKING_URI: the server at ${url.host} answers ${response.status}`, hint: reachHint };
  } catch (error) {
    const reason = ((error as Error).cause as Error | undefined)?.message ?? (error as Error).message;
    return {
      name,
      state: 'warning',
      detail: `MLFLOW_TRACKING_URI: the server at ${url.host} cannot be reached (${reason})`,
      hint: reachHint,
    };
  }
}

/** Looks at everything mienlab needs, in the order it is shown. Makes and changes nothing; asks the network only for MLFLOW_TRACKING_URI. */
export async function runDoctor(): Promise<Check[]> {
  const facts = await environmentFacts();
  const fact = (name: EnvironmentFact, without: string, hint?: string): Check =>
    facts[name] === undefined
      ? { name, state: hint ? 'missing' : 'ok', detail: without, hint }
      : { name, state: 'ok', detail: facts[name] };
  const memory = `${facts.memory}, ${(freemem() / 2 ** 30).toFixed(1)} GiB free`;
  return [
    fact('mienlab', ''),
    fact('node', ''),
    fact('npm', 'not on PATH', 'it comes with Node'),
    fact('os', ''),
    fact('cpu', ''),
    fact('cores', ''),
    freemem() < comfortableMemory
      ? { name: 'memory', state: 'warning', detail: memory, hint: 'experiments may take 3 GB' }
      : { name: 'memory', state: 'ok', detail: memory },
    await diskCheck(cacheFolder()),
    ...(await gpuChecks()),
    fact('python', 'not on PATH', 'MLflow needs Python 3.10 or newer (Debian, Ubuntu: apt install python3-venv)'),
    fact('compiler', 'no C++ compiler', 'the fast tensor backend is built with one (Debian, Ubuntu: apt install g++)'),
    ffmpegCheck(facts.ffmpeg),
    process.env['MIENLAB_MLFLOW']
      ? fact(
          'mlflow',
          `MIENLAB_MLFLOW names ${process.env['MIENLAB_MLFLOW']}, which is not there`,
          'let it name an mlflow program, or unset it',
        )
      : fact('mlflow', 'not set up', 'run "mienlab setup --only mlflow"'),
    await tensorCheck(),
    await trackingCheck(),
    await folderCheck('cache', cacheFolder()),
    await folderCheck('state', stateFolder()),
  ];
}
