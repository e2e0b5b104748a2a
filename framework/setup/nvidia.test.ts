import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { missingCudaLibraries } from './cuda-libraries.js';
import { planLibtensorflow } from './libtensorflow.js';
import { describeNvidia, nvidiaDriver, nvidiaState, parseDriverFile, parseGpus, runsCuda12, type NvidiaMachine } from './nvidia.js';
import type { ProgramResult } from './run-program.js';

const said = (stdout: string, code = 0, stderr = ''): ProgramResult => ({ code, stdout, stderr });

interface Machine {
  smi?: (query: string) => ProgramResult;
  ldconfig?: string;
  files?: Record<string, string>;
  env?: NodeJS.ProcessEnv;
}

/** A machine on which these programs and files are all there is. */
function machine({ smi, ldconfig, files = {}, env = {} }: Machine): NvidiaMachine {
  return {
    run: async (program, args) => {
      if (program === 'nvidia-smi') return smi?.(args[0]!);
      return program === 'ldconfig' && ldconfig !== undefined ? said(ldconfig) : undefined;
    },
    read: (path) => files[path],
    exists: (path) => path in files,
    env,
  };
}

const cache = '\tlibcuda.so.1 (libc6,x86-64) => /usr/lib/x86_64-linux-gnu/libcuda.so.1\n';
const h200 = 'NVIDIA H200, 580.159.04, 143771, 9.0\n';

test('a machine with a GPU: name, memory, driver, library, Vulkan', async () => {
  const icd = '/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json';
  const state = await nvidiaState(machine({ smi: () => said(h200), ldconfig: `2 libs found\n${cache}`, files: { [icd]: '{}' } }));
  assert.equal(state, {
    driver: '580.159.04',
    gpus: [{ name: 'NVIDIA H200', driver: '580.159.04', memory: 143771, capability: '9.0' }],
    libcuda: '/usr/lib/x86_64-linux-gnu/libcuda.so.1',
    vulkan: icd,
    problem: undefined,
  });
  assert.is(describeNvidia(state), 'NVIDIA H200, 140 GiB, compute 9.0, driver 580.159.04');
});

test('several GPUs, a driver that knows no compute_cap, cells without a value', async () => {
  const asked: string[] = [];
  const smi = (query: string) => {
    asked.push(query);
    if (query.includes('compute_cap')) return said('Field "compute_cap" is not a valid field to query.\n', 2);
    return said('Tesla T4, 470.57.02, 15109\nGRID A100, 470.57.02, [N/A]\n');
  };
  const state = await nvidiaState(machine({ smi, ldconfig: cache }));
  assert.is(asked.length, 2);
  assert.equal(
    state.gpus.map(({ name, memory }) => [name, memory]),
    [
      ['Tesla T4', 15109],
      ['GRID A100', undefined],
    ],
  );
  assert.is(describeNvidia(state), 'Tesla T4, 15 GiB; GRID A100, driver 470.57.02');
  assert.is(state.problem?.what, 'driver 470.57.02 is older than 525');
});

test('what nvidia-smi says when it fails is the problem, with what to do', async () => {
  const message = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.";
  const version = { '/proc/driver/nvidia/version': 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19\n' };
  const state = await nvidiaState(machine({ smi: () => said(`${message}\nMake sure ...\n`, 9), ldconfig: cache, files: version }));
  assert.equal([state.driver, state.gpus.length, state.problem?.what], ['535.104.05', 0, `nvidia-smi says: ${message}`]);
  assert.match(state.problem!.hint, 'docker run --gpus all');
  const silent = await nvidiaState(machine({ smi: () => said('', 255), files: version }));
  assert.is(silent.problem?.what, 'nvidia-smi says: exit code 255');
});

test('a driver without libcuda, as containers without the capability "compute" have it; LD_LIBRARY_PATH helps', async () => {
  const without = await nvidiaState(machine({ smi: () => said(h200), ldconfig: '' }));
  assert.match(without.problem?.what ?? '', 'libcuda.so.1 is not found');
  assert.match(without.problem?.hint ?? '', 'NVIDIA_DRIVER_CAPABILITIES');
  const env = { LD_LIBRARY_PATH: '/opt/none:/opt/cuda' };
  const helped = await nvidiaState(machine({ smi: () => said(h200), files: { '/opt/cuda/libcuda.so.1': '' }, env }));
  assert.equal([helped.libcuda, helped.problem], ['/opt/cuda/libcuda.so.1', undefined]);
});

test('a machine without NVIDIA has no driver and no problem', async () => {
  const state = await nvidiaState(machine({ ldconfig: 'nothing' }));
  assert.equal(state, { driver: undefined, gpus: [], libcuda: undefined, vulkan: undefined, problem: undefined });
  assert.is(describeNvidia(state), undefined);
});

test('the driver without running anything', () => {
  const open = 'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build\nGCC version:  gcc 12\n';
  assert.is(parseDriverFile(open), '580.65.06');
  assert.is(nvidiaDriver(machine({ files: { '/proc/driver/nvidia/version': 'something else' } })), 'unknown');
  assert.is(nvidiaDriver(machine({ files: { '/opt/bin/nvidia-smi': '' }, env: { PATH: '/usr/bin:/opt/bin' } })), 'unknown');
  assert.is(nvidiaDriver(machine({ env: { PATH: '/usr/bin' } })), undefined);
  assert.equal(['524.9', '525', '525.60.13', '580.1', 'unknown'].map(runsCuda12), [false, true, true, true, true]);
});

test('lines that are not of GPUs are passed over', () => {
  const noise = ['', 'No devices were found', 'a, b', 'a, b, c', ', , ', 'NVIDIA-SMI has failed, because, 3'];
  assert.equal(parseGpus(noise.join('\n')), []);
  assert.is(parseGpus(`${noise.join('\n')}\n${h200}`).length, 1);
});

test('the wheel: by the driver, by MIENLAB_LIBTENSORFLOW, and as it was once set up', () => {
  if (process.platform !== 'linux' || process.arch !== 'x64') return;
  const folder = mkdtempSync(join(tmpdir(), 'mienlab-nvidia-'));
  const before = { ...process.env };
  const plan = (driver: string | undefined, named?: string) => {
    process.env['MIENLAB_CACHE'] = folder;
    if (named === undefined) delete process.env['MIENLAB_LIBTENSORFLOW'];
    else process.env['MIENLAB_LIBTENSORFLOW'] = named;
    // An undefined driver would be looked up.
    const found = planLibtensorflow(driver ?? '0');
    return 'missing' in found ? found.missing : [found.distribution, found.wheels.length, found.cudaData !== undefined];
  };
  try {
    const [cpu, cuda] = [
      ['tensorflow-cpu', 1, false],
      ['tensorflow', 13, true],
    ];
    assert.equal(plan(undefined), cpu);
    assert.equal(plan('470.57.02'), cpu);
    assert.equal(plan('580.159.04'), cuda);
    assert.equal(plan('580.159.04', 'cpu'), cpu);
    assert.equal(plan(undefined, 'cuda'), cuda);
    const kept = planLibtensorflow() as { folder: string };
    mkdirSync(kept.folder, { recursive: true });
    writeFileSync(join(kept.folder, 'complete.json'), JSON.stringify({ path: kept.folder, bytes: 1, versions: {} }));
    assert.equal(plan(undefined), cuda);
    assert.equal(plan(undefined, 'cpu'), cpu);
    const missing = missingCudaLibraries(kept.folder);
    assert.is(missing.length, 14);
    assert.ok(missing.includes('cudnn/lib/libcudnn.so.9'));
    mkdirSync(join(kept.folder, 'nvidia/cudnn/lib'), { recursive: true });
    writeFileSync(join(kept.folder, 'nvidia/cudnn/lib/libcudnn.so.9'), '');
    assert.is(missingCudaLibraries(kept.folder).length, 13);
  } finally {
    for (const name of ['MIENLAB_CACHE', 'MIENLAB_LIBTENSORFLOW']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    rmSync(folder, { recursive: true });
  }
});

test.run();
