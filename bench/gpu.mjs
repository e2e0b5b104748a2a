// node bench/gpu.mjs: on a machine with a GPU, without network, from a package of scripts/pack-gpu.mjs or a checkout that was built: is what
// WebGPU computes right, and how fast is the engine on it beside PyTorch on the same GPU. Options and method: docs/backends.md.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { goldenFolders, verifyGolden } from '../scripts/verify-goldens.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
if (!existsSync(join(root, 'dist'))) {
  console.error('mienlab is not built: run "npm run build" before the checkout is carried to a machine without network');
  process.exit(3);
}
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    models: { type: 'string' },
    goldens: { type: 'string' },
    python: { type: 'string', default: process.env.MIENLAB_PYTHON ?? 'python3' },
    json: { type: 'string' },
  },
});

// A package brings its own cache folder, and the Vulkan loader for a machine that has none. A loader can only be named before a process starts.
const packed = join(root, 'cache');
if (existsSync(packed)) process.env.MIENLAB_CACHE ??= packed;
const loader = join(root, 'lib');
const { nvidiaState, describeNvidia } = await import('../dist/framework/setup/nvidia.js');
const nvidia = await nvidiaState();
if (nvidia.vulkan) process.env.VK_DRIVER_FILES ??= process.env.VK_ICD_FILENAMES ?? nvidia.vulkan;
if (existsSync(loader)) process.env.LD_LIBRARY_PATH = [process.env.LD_LIBRARY_PATH, loader].filter(Boolean).join(':');

const { compare, lossDifference, median } = await import('./lib/measure.mjs');
const { prepareModel } = await import('./lib/models.mjs');
const { optimizerOf } = await import('./lib/optimizer.mjs');
const { keep, machine, printMachine, progress, table } = await import('./lib/report.mjs');
const { System, endWorkers, endWorkersOnSignals } = await import('./lib/system.mjs');

const goldens = values.goldens ?? [join(root, 'goldens'), join(root, '..', 'shared', 'goldens', 'transformers')].find(existsSync) ?? '';
const models = values.models?.split(',') ?? (values.quick ? ['A'] : ['A', 'B']);
const [steps, turns, tokens] = values.quick ? [2, 1, 8] : [20, 3, 128];
const promptLength = 32;
/** Relative, of a loss after the first steps; what tensorflow and wasm differ by is 1e-6. */
const lossTolerance = 1e-4;

endWorkersOnSignals();
const facts = machine();
const versions = {};
let failed = 0;

/** What a PyTorch here computes on, or why there is none. */
function findTorch() {
  const probe = 'import torch, transformers; print("cuda" if torch.cuda.is_available() else "cpu")';
  const { status, stdout, stderr, error } = spawnSync(values.python, ['-c', probe], { encoding: 'utf8' });
  if (status === 0) return { device: stdout.trim() };
  return { missing: error?.message ?? stderr.trim().split('\n').at(-1) };
}

async function parity() {
  const folders = goldenFolders(goldens);
  if (!folders.length) console.log('no reference values at hand (--goldens DIR): parity by losses alone');
  for (const name of values.quick ? folders.filter((folder) => /smollm2|vit/.test(folder)) : folders) {
    progress(`reference values: ${name}`);
    const { passed, text } = await verifyGolden(join(goldens, name), 'webgpu', process.env);
    progress('');
    if (passed === false) failed++;
    console.log(`${passed === null ? 'skip' : passed ? 'ok  ' : 'FAIL'} ${name.padEnd(30)} ${text}`);
  }
}

/** A worker that has opened the task, by the name that the table gives it. */
async function open(name, system, spec) {
  const worker = new System(system, values.python);
  progress(`${spec.name}: ${name} loads`);
  const { versions: opened } = await worker.ask({ op: 'open', ...spec, system });
  versions[name] = opened;
  return { name, worker };
}

/** Median milliseconds of a run after the first ones, and what the first ones gave. */
async function measure({ name, worker }, count, label) {
  progress(`${label}: ${name}, first runs`);
  const first = await worker.ask({ op: 'run', count: Math.min(4, count) });
  const times = [];
  for (let turn = 0; turn < turns; turn++) {
    progress(`${label}: ${name}, turn ${turn + 1} of ${turns}`);
    times.push((await worker.ask({ op: 'run', count })).ms);
  }
  await worker.close();
  return { name, ms: median(times.flat()), times, first };
}

/** Each system by itself, one after the other: they share one GPU. */
async function measureAll(systems, spec, count) {
  const done = [];
  for (const [name, system, more] of systems) {
    try {
      done.push(await measure(await open(name, system, { ...spec, ...more }), count, `${spec.name} ${spec.task}`));
    } catch (error) {
      failed++;
      console.log(`! ${spec.name} ${spec.task}, ${name}: ${error.message}`);
      endWorkers();
    }
  }
  return done;
}

function row(label, done, perSecond) {
  const rival = done.find(({ name }) => name.startsWith('PyTorch'));
  return done.map(({ name, ms, times }) => {
    const ratio = rival && name === 'webgpu' ? compare(times, rival.times).ratio.toFixed(2) : '';
    return [label, name, ms.toFixed(1), perSecond(ms).toFixed(0), ratio];
  });
}

async function engine(torch) {
  const rows = [];
  const common = { dtype: 'fp32', threads: cpus().length };
  const webgpu = ['webgpu', 'eager', { backend: 'webgpu' }];
  const pytorch = torch.device ? [[`PyTorch ${torch.device}`, 'transformers', { device: torch.device }]] : [];
  for (const config of models) {
    const model = prepareModel(config, values.python);
    const { name, folder, adapter, parameters, inputs, targets } = model;
    const training = { ...common, task: 'training', name, model: folder, adapter, inputs, targets, optimizer: optimizerOf(model) };
    const reference = config === 'A' ? [['wasm', 'eager', { backend: 'wasm' }]] : [];
    const trained = await measureAll([webgpu, ...reference, ...pytorch], training, steps);
    const [first, ...others] = trained;
    for (const other of first?.name === 'webgpu' ? others : []) {
      const off = lossDifference(first.first.losses, other.first.losses);
      const ok = off <= lossTolerance;
      if (!ok) failed++;
      console.log(
        `${ok ? 'ok  ' : 'FAIL'} ${config}: losses of ${first.first.losses.length} steps, webgpu and ${other.name} differ by ${off.toExponential(1)}`,
      );
    }
    const size = `${config} (${(parameters / 1e6).toFixed(1)} M)`;
    rows.push(...row(`${size} training step`, trained, (ms) => (inputs.length * inputs[0].length * 1e3) / ms));
    for (const batch of values.quick ? [1] : [1, 16]) {
      const generation = { ...common, task: 'generation', name, model: folder, prompts: model.prompts(batch, promptLength), tokens };
      const generated = await measureAll([webgpu, ...pytorch], generation, values.quick ? 1 : 3);
      rows.push(...row(`${size} generation, batch ${batch}`, generated, (ms) => (batch * tokens * 1e3) / ms));
    }
  }
  return rows;
}

console.log(describeNvidia(nvidia) ?? 'no NVIDIA driver');
if (nvidia.problem) console.log(`! ${nvidia.problem.what}; ${nvidia.problem.hint}`);
const torch = findTorch();
if (torch.missing) console.log(`no PyTorch beside it: ${torch.missing}`);
await parity();
const rows = await engine(torch);
progress('');
console.log('');
printMachine(facts, versions);
console.log(table(['fp32', 'system', 'ms', 'tokens/s', 'of PyTorch'], rows));
keep('gpu', { facts, nvidia, versions, rows, failed }, values.json);
console.log(failed ? `${failed} failed` : 'all passed');
process.exitCode = failed ? 1 : 0;
