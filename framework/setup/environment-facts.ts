import { existsSync, readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { packageVersion } from '../paths.js';
import { ffmpegExecutable } from '../video/ffmpeg-executable.js';
import { mlflowExecutable, mlflowVersion } from './mlflow-executable.js';
import { describeNvidia, nvidiaState } from './nvidia.js';
import { findPython } from './python-program.js';
import { findProgram, runProgram } from './run-program.js';
import { findCompiler, glibcVersion } from './tensor-addon.js';

/** Instruction sets that tell how fast TensorFlow and WebAssembly can be. */
const tellingFeatures = [
  'sse4_2',
  'avx',
  'avx2',
  'fma',
  'avx512f',
  'avx512_vnni',
  'avx512_bf16',
  'amx_tile',
  'amx_bf16',
  'asimd',
  'sve',
  'bf16',
];

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function osName(): string {
  const pretty = /^PRETTY_NAME="?([^"\n]+)/m.exec(textOf('/etc/os-release'))?.[1] ?? platform();
  return `${pretty}, kernel ${release()}, ${arch()}, glibc ${glibcVersion() ?? 'none'}`;
}

function cpuFeatures(): string[] {
  const flags = new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(textOf('/proc/cpuinfo'))?.[1]?.split(' '));
  return tellingFeatures.filter((name) => flags.has(name));
}

/** The first line a program prints when asked for its version; undefined where it is not there or refuses. */
async function firstLine(program: string | undefined, ...args: string[]): Promise<string | undefined> {
  if (!program) return undefined;
  try {
    const { code, stdout } = await runProgram(program, args, { timeoutMs: 20_000 });
    return code === 0 ? stdout.trim().split('\n')[0] : undefined;
  } catch {
    return undefined;
  }
}

function ffmpegPath(): string | undefined {
  try {
    return ffmpegExecutable();
  } catch {
    return undefined;
  }
}

async function ffmpegFact(): Promise<string | undefined> {
  const path = ffmpegPath();
  const line = await firstLine(path, '-version');
  return line && `${/^ffmpeg version (\S+)/.exec(line)?.[1] ?? line} (${path})`;
}

async function pythonFact(): Promise<string | undefined> {
  const python = await findPython();
  return python && `${python.version} (${python.path})`;
}

function mlflowFact(): string | undefined {
  const named = process.env['MIENLAB_MLFLOW'];
  if (named) return existsSync(named) ? named : undefined;
  const installed = mlflowExecutable();
  return installed && `${mlflowVersion} (${installed})`;
}

/** What a fact is about; each is a tag of the run log. */
export type EnvironmentFact =
  'mienlab' | 'node' | 'npm' | 'os' | 'cpu' | 'cores' | 'memory' | 'gpu' | 'python' | 'compiler' | 'ffmpeg' | 'mlflow';

/** The machine a run took place on, for its tags and for `mienlab doctor`. What is not there is left out. Takes about 0.5 s; asks no network. */
export async function environmentFacts(): Promise<Partial<Record<EnvironmentFact, string>>> {
  const compiler = findCompiler();
  const [npm, gpu, python, compilerLine, ffmpeg] = await Promise.all([
    firstLine(findProgram('npm'), '--version'),
    nvidiaState().then(describeNvidia),
    pythonFact(),
    firstLine(compiler, '--version'),
    ffmpegFact(),
  ]);
  const facts: Record<EnvironmentFact, string | undefined> = {
    mienlab: packageVersion(),
    node: process.versions.node,
    npm,
    os: osName(),
    cpu: [cpus()[0]?.model.trim() ?? arch(), ...cpuFeatures()].join(' '),
    cores: String(availableParallelism()),
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    gpu,
    python,
    compiler: compilerLine && `${compilerLine} (${compiler})`,
    ffmpeg,
    mlflow: mlflowFact(),
  };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
