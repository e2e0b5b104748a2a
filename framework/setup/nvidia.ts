import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findProgram, runProgram, type ProgramResult } from './run-program.js';

/** CUDA 12 libraries run on this Linux driver and on newer ones. */
export const oldestDriver = 525;

interface NvidiaGpu {
  name: string;
  driver: string;
  /** MiB. */
  memory: number | undefined;
  /** Compute capability, `9.0` say; older drivers do not tell. */
  capability: string | undefined;
}

interface NvidiaState {
  /** `unknown` where only its tool is seen, undefined where there is no driver. */
  driver: string | undefined;
  gpus: readonly NvidiaGpu[];
  /** Path of the driver's CUDA library, which TensorFlow opens by name. */
  libcuda: string | undefined;
  /** Description of the driver's Vulkan side, which WebGPU goes through. */
  vulkan: string | undefined;
  /** Why nothing can be computed on the GPU, and what to do. */
  problem: { what: string; hint: string } | undefined;
}

/** How the machine is asked; tests give answers of their own. */
export interface NvidiaMachine {
  /** undefined where there is no such program. */
  run(program: string, args: readonly string[]): Promise<ProgramResult | undefined>;
  /** undefined where there is no such file. */
  read(path: string): string | undefined;
  exists(path: string): boolean;
  env: NodeJS.ProcessEnv;
}

const thisMachine: NvidiaMachine = {
  run: async (program, args) => {
    const path = findProgram(program) ?? findProgram(`/sbin/${program}`);
    try {
      return path ? await runProgram(path, args, { timeoutMs: 20_000 }) : undefined;
    } catch (error) {
      return { code: 1, stdout: '', stderr: (error as Error).message };
    }
  },
  read: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
  exists: existsSync,
  env: process.env,
};

/** The version in /proc/driver/nvidia/version, of the closed kernel module or the open one ("Open Kernel Module for x86_64  580.65.06"). */
export function parseDriverFile(text: string): string {
  return /Kernel Module\b.*?\s(\d+\.[\d.]+)\s/.exec(text)?.[1] ?? 'unknown';
}

/** The driver's version without running anything: `unknown` where only its tool is seen, undefined where there is none. */
export function nvidiaDriver({ read, exists, env }: Omit<NvidiaMachine, 'run'> = thisMachine): string | undefined {
  const text = read('/proc/driver/nvidia/version');
  if (text !== undefined) return parseDriverFile(text);
  const folders = (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return folders.some((folder) => exists(join(folder, 'nvidia-smi'))) ? 'unknown' : undefined;
}

/** Whether CUDA 12 libraries run on a driver; one whose version is unknown is given the benefit of the doubt. */
export function runsCuda12(driver: string): boolean {
  return driver === 'unknown' || Number.parseInt(driver, 10) >= oldestDriver;
}

const fields = ['name', 'driver_version', 'memory.total', 'compute_cap'];
const withoutValue = /^\[?(?:N\/A|Not Supported|Unknown Error)\]?$/i;

/** Lines of `nvidia-smi --query-gpu=name,driver_version,memory.total[,compute_cap] --format=csv,noheader,nounits`; others are passed over. */
export function parseGpus(csv: string): NvidiaGpu[] {
  return csv.split('\n').flatMap((line) => {
    const cells = line.split(',').map((cell) => cell.trim());
    const [memory, capability] = cells.slice(2).map((cell) => (withoutValue.test(cell) ? undefined : cell));
    if (cells.length < 3 || !/^\d+(\.\d+)+$/.test(cells[1]!)) return [];
    return [{ name: cells[0]!, driver: cells[1]!, memory: memory ? Number(memory) : undefined, capability }];
  });
}

async function askSmi({ run }: NvidiaMachine): Promise<{ gpus: NvidiaGpu[]; refusal: string | undefined } | undefined> {
  let answer: ProgramResult | undefined;
  // Drivers before 510 refuse the last field.
  for (const asked of [fields, fields.slice(0, -1)]) {
    answer = await run('nvidia-smi', [`--query-gpu=${asked.join(',')}`, '--format=csv,noheader,nounits']);
    if (!answer) return undefined;
    const gpus = answer.code === 0 ? parseGpus(answer.stdout) : [];
    if (gpus.length) return { gpus, refusal: undefined };
  }
  const said = `${answer!.stderr}\n${answer!.stdout}`.split('\n').find((line) => line.trim());
  return { gpus: [], refusal: said?.trim() ?? `exit code ${answer!.code}` };
}

const libraryFolders = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib64',
  '/usr/local/nvidia/lib64',
  '/usr/lib/wsl/lib',
];

async function findLibcuda({ run, exists, env }: NvidiaMachine): Promise<string | undefined> {
  const listed = /^\s*libcuda\.so\.1\s.*=>\s*(\S+)/m.exec((await run('ldconfig', ['-p']))?.stdout ?? '')?.[1];
  const folders = [...(env['LD_LIBRARY_PATH'] ?? '').split(delimiter).filter(Boolean), ...libraryFolders];
  return listed ?? folders.map((folder) => join(folder, 'libcuda.so.1')).find(exists);
}

const icdFolders = [
  '/usr/share/vulkan/icd.d',
  '/etc/vulkan/icd.d',
  '/usr/local/nvidia/share/vulkan/icd.d',
  '/usr/local/share/vulkan/icd.d',
];

function findIcd({ exists, env }: NvidiaMachine): string | undefined {
  const named = (env['VK_DRIVER_FILES'] || env['VK_ICD_FILENAMES'] || '').split(delimiter);
  return [...named, ...icdFolders.map((folder) => join(folder, 'nvidia_icd.json'))].find((path) => /nvidia/.test(path) && exists(path));
}

function problemOf(driver: string, refusal: string | undefined, libcuda: string | undefined): NvidiaState['problem'] {
  if (refusal !== undefined) {
    return {
      what: `nvidia-smi says: ${refusal}`,
      hint: 'load the driver, or start the machine again after it was updated; in a container, hand the GPU in (docker run --gpus all)',
    };
  }
  if (!runsCuda12(driver))
    return { what: `driver ${driver} is older than ${oldestDriver}`, hint: `CUDA 12 needs driver ${oldestDriver} or newer` };
  if (!libcuda) {
    return {
      what: 'libcuda.so.1 is not found, so TensorFlow cannot use the GPU',
      hint: 'install the driver\'s CUDA library (in containers NVIDIA_DRIVER_CAPABILITIES must hold "compute"), or let LD_LIBRARY_PATH name its folder',
    };
  }
  return undefined;
}

/** What the NVIDIA driver offers on this machine. Changes nothing; takes as long as nvidia-smi does. */
export async function nvidiaState(machine: NvidiaMachine = thisMachine): Promise<NvidiaState> {
  const [smi, libcuda] = await Promise.all([askSmi(machine), findLibcuda(machine)]);
  const driver = smi?.gpus[0]?.driver ?? nvidiaDriver(machine);
  return {
    driver,
    gpus: smi?.gpus ?? [],
    libcuda,
    vulkan: findIcd(machine),
    problem: driver === undefined ? undefined : problemOf(driver, smi?.refusal, libcuda),
  };
}

/** One line for people: `NVIDIA H200, 140 GiB, compute 9.0, driver 580.159.04`; undefined where there is no driver. */
export function describeNvidia({ driver, gpus }: Pick<NvidiaState, 'driver' | 'gpus'>): string | undefined {
  if (driver === undefined) return undefined;
  if (!gpus.length) return `NVIDIA driver ${driver}`;
  const each = gpus.map(({ name, memory, capability }) =>
    [name, memory && `${Math.round(memory / 1024)} GiB`, capability && `compute ${capability}`].filter(Boolean).join(', '),
  );
  return `${each.join('; ')}, driver ${driver}`;
}
