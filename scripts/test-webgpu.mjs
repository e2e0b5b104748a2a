// npm run test:webgpu: everything that computes, on WebGPU. Where no GPU is wanted or there, on a software adapter that this sets up.
// usage: npm run test:webgpu [-- --gpu] [--only goldens,tests,experiment] [--goldens DIR]
//   --gpu  the machine's own Vulkan driver instead of a software adapter
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bootstrap, runNode } from './bootstrap.mjs';
import { softwareAdapter } from './software-adapter.mjs';
import { goldenFolders, lastLines, runNodeQuietly, verifyGolden } from './verify-goldens.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({
  options: { gpu: { type: 'boolean' }, only: { type: 'string' }, goldens: { type: 'string' } },
});
const goldens = values.goldens ?? join(root, '..', 'shared', 'goldens', 'transformers');
const parts = values.only?.split(',') ?? ['goldens', 'tests', 'experiment'];

/** Those tests that measure values and gradients on every backend there is. */
const tests = [
  'framework/tensor/backend/open-webgpu',
  'framework/tensor/ops/ops',
  'framework/tensor/layers/transformer-block',
  'framework/training/adamw',
  'framework/training/sgd',
  'framework/training/eager-engine',
  'tests/tiny-model',
];

let env = process.env;
let failed = 0;

const run = (args, cwd = root) => runNodeQuietly(args, { cwd, env });

function report(name, ok, text, started) {
  if (ok === false) failed++;
  console.log(
    `${ok === null ? 'skip' : ok ? 'ok  ' : 'FAIL'} ${name.padEnd(46)} ${text}  ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
}

async function verifyGoldens() {
  const folders = goldenFolders(goldens);
  if (!folders.length) report('goldens', false, `none in ${goldens}; --goldens names their folder`, performance.now());
  for (const name of folders) {
    const started = performance.now();
    const { passed, text } = await verifyGolden(join(goldens, name), 'webgpu', env);
    report(name, passed, text, started);
  }
}

async function runTests() {
  for (const name of tests) {
    const started = performance.now();
    const { code, stdout, stderr } = await run([join('dist', `${name}.test.js`)]);
    const [total, passed] = ['Total', 'Passed'].map((label) => Number(new RegExp(`^ {2}${label}:\\s+(\\d+)`, 'm').exec(stdout)?.[1] ?? 0));
    const skipped = /^skipped on webgpu: .*/m.exec(stdout)?.[0];
    const ok = code === 0 && total > 0 && passed === total && !skipped;
    report(name, ok, ok ? `${passed} tests` : (skipped ?? `exit code ${code}\n     ${lastLines(stdout + stderr)}`), started);
  }
}

/** The quickstart's model and tracker on few clips and steps. */
const overrides = [
  ...['data.train=8', 'data.test=4', 'train.steps=4', 'train.auxiliary.steps-before=2', 'train.batch=4'],
  ...['generate.max-new-tokens=8', 'sweep.tracker=[facetrack]', 'runlog.system-metrics=false', 'cache=off'],
];
/** Of a loss, relative; three optimisers' steps apart. */
const lossTolerance = 1e-4;

function outcome(folder) {
  const lines = readFileSync(join(folder, 'journal.jsonl'), 'utf8').trim().split('\n');
  const entries = lines.map((line) => JSON.parse(line));
  const result = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8'));
  return { entries, captions: result.samples.map(({ predictions }) => Object.values(predictions)).flat() };
}

/** Names and values of all loss metrics of a journal, in order. */
function losses(entries) {
  return entries.flatMap((entry) =>
    Object.entries(entry.type === 'metrics' ? entry.values : {})
      .filter(([name]) => /loss/.test(name))
      .map(([name, value]) => ({ name, step: entry.step, value: Number(value) })),
  );
}

async function sameExperiment() {
  const folder = mkdtempSync(join(tmpdir(), 'mienlab-webgpu-'));
  env = { ...env, MLFLOW_TRACKING_URI: 'none', MIENLAB_HOME: '' };
  let expected;
  try {
    for (const backend of ['tensorflow', 'wasm', 'webgpu']) {
      const started = performance.now();
      const file = join(root, 'experiments', 'quickstart.yaml');
      const args = [join(root, 'bin', 'mienlab.js'), 'run', file, ...overrides, `tensor.backend=${backend}`, '--json'];
      const { code, stdout, stderr } = await run(args, folder);
      if (code !== 0) {
        report(`experiment on ${backend}`, false, `exit code ${code}\n     ${lastLines(stderr)}`, started);
        continue;
      }
      const found = outcome(JSON.parse(stdout).folder);
      const values = losses(found.entries);
      expected ??= { values, captions: found.captions };
      const off = values.map(({ value }, i) => Math.abs(value - expected.values[i]?.value) / Math.max(1, Math.abs(value)));
      const worst = Math.max(...off);
      const same = found.captions.filter((caption, i) => caption === expected.captions[i]).length;
      const ok = values.length > 0 && values.length === expected.values.length && worst <= lossTolerance;
      report(
        `experiment on ${backend}`,
        ok,
        `${values.length} losses, at most ${worst.toExponential(1)} of ${lossTolerance} away; ${same} of ${found.captions.length} captions the same`,
        started,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await bootstrap();
const code = await runNode('bin/mienlab.js', ['setup', '--only', 'webgpu']);
if (code !== 0) process.exit(code);
if (!values.gpu) {
  try {
    const adapter = softwareAdapter((text) => console.log(text));
    env = { ...env, ...adapter.env };
    console.log(`on ${adapter.name}`);
  } catch (error) {
    console.error(error.message);
    process.exit(3);
  }
}
if (parts.includes('goldens')) await verifyGoldens();
if (parts.includes('tests')) await runTests();
if (parts.includes('experiment')) await sameExperiment();
console.log(failed ? `${failed} failed` : 'all passed');
process.exitCode = failed ? 1 : 0;
