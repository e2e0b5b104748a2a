// The Python side's own virtual environment, in mienlab's cache folder; made once, with pip as the user has set it up.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../dist/framework/paths.js';

const torch = '2.15.0';
const packages = ['transformers==5.23.0', 'safetensors==0.8.0', 'peft==0.21.2', 'gguf==0.19.0', 'numpy==2.4.6'];

/** A program's exit code and the end of what it wrote; `signal` ends it by its process id. */
function runPip(python, args, { signal, show = true }) {
  return new Promise((resolve, reject) => {
    const child = spawn(python, ['-m', 'pip', ...args], { stdio: ['ignore', show ? 'inherit' : 'ignore', 'pipe'], signal });
    let errors = '';
    child.stderr.on('data', (data) => (errors = (errors + data).slice(-4000)));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, errors }));
  });
}

/** An empty environment of this name in the cache folder; its python. */
function makeVenv(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const made = spawnSync(process.env.MIENLAB_PYTHON ?? 'python3', ['-m', 'venv', folder], { encoding: 'utf8' });
  if (made.status !== 0)
    throw new Error(`no virtual environment could be made with python3 -m venv: ${made.error?.message ?? made.stderr}`);
}

const quiet = ['install', '--quiet', '--disable-pip-version-check'];
const captionPackages = ['pycocoevalcap==1.2', 'numpy==2.4.6'];

/**
 * The python of an environment with pycocoevalcap, made once.
 * @throws Error where there is no Python 3.10 or newer, or pip cannot install
 */
export async function captionsPython({ signal } = {}) {
  const folder = join(cacheFolder(), 'bench-captions-venv');
  const python = join(folder, 'bin', 'python');
  const marker = join(folder, 'installed.json');
  const wanted = JSON.stringify(captionPackages);
  if (existsSync(python) && existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return python;
  console.error(`setting up ${folder} (${captionPackages.join(', ')}, by pip; this is done once)`);
  makeVenv(folder);
  const { code, errors } = await runPip(python, [...quiet, ...captionPackages], { signal });
  if (code !== 0) throw new Error(`pip could not install ${captionPackages.join(' ')}:\n${errors}`);
  writeFileSync(marker, wanted);
  return python;
}

/**
 * The environment's python, with PyTorch, transformers and what they need here. torch is the CPU build where pip's index has one, else
 * the plain wheel (several GB, most of it CUDA libraries that nothing here uses).
 * @throws Error where there is no Python 3.10 or newer, or pip cannot install
 */
export async function benchPython({ signal } = {}) {
  const folder = join(cacheFolder(), 'bench-venv');
  const python = join(folder, 'bin', 'python');
  const marker = join(folder, 'installed.json');
  const wanted = JSON.stringify({ torch, packages });
  if (existsSync(python) && existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return python;

  console.error(`setting up ${folder} (PyTorch ${torch} and transformers, by pip; this is done once)`);
  makeVenv(folder);
  const cpuBuild = await runPip(python, [...quiet, `torch==${torch}+cpu`], { signal, show: false });
  const rest = cpuBuild.code === 0 ? packages : [`torch==${torch}`, ...packages];
  const { code, errors } = await runPip(python, [...quiet, ...rest], { signal });
  if (code !== 0) throw new Error(`pip could not install ${rest.join(' ')}:\n${errors}`);
  writeFileSync(marker, wanted);
  return python;
}
