// npm run bench -- training: one optimiser step, mienlab against PyTorch. Options and method: docs/bench.md.
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { alternate, compare, lossDifference, median } from './lib/measure.mjs';
import { prepareModel } from './lib/models.mjs';
import { optimizerOf } from './lib/optimizer.mjs';
import { benchOptions, runsPerTurn } from './lib/options.mjs';
import { keep, machine, megabytes, printFailures, printMachine, progress, rowDone, spread, table } from './lib/report.mjs';
import { System, endWorkers, endWorkersOnSignals } from './lib/system.mjs';
import { benchPython } from './lib/venv.mjs';

/** Steps whose losses must agree, and how far apart they may be (relative); bfloat16 has 8 bits of mantissa. */
const checkedSteps = 4;
const tolerance = { fp32: 1e-4, bf16: 1e-2 };
const growthSteps = { from: 50, to: 1000 };

const options = benchOptions({ growth: { type: 'string', default: 'A' } });
endWorkersOnSignals();
const facts = machine();
const python = await benchPython();
const versions = {};
const results = [];

/** A fresh process with the model loaded, after its first steps: how long they took, their losses, the memory that was needed. */
async function start(name, spec) {
  const system = new System(name, python);
  progress(`${spec.name} ${spec.dtype}: ${name} loads`);
  const opened = await system.ask({ op: 'open', ...spec, system: name });
  if (opened.parameters !== spec.parameters && !spec.adapter)
    throw new Error(`${name} has ${opened.parameters} parameters, the checkpoint ${spec.parameters}`);
  versions[name] = opened.versions;
  const loaded = performance.now() - system.started;
  const watch = setInterval(() => system.memory(), 100);
  try {
    progress(`${spec.name} ${spec.dtype}: first steps of ${name}`);
    const first = await system.ask({ op: 'run', count: checkedSteps });
    await system.ask({ op: 'run', count: 8 });
    return { system, losses: first.losses, load: loaded, firstStep: first.ms[0], stepTime: Math.min(...first.ms), memory: system.memory() };
  } finally {
    clearInterval(watch);
  }
}

async function growth({ system }) {
  const done = checkedSteps + 8;
  await system.ask({ op: 'run', count: Math.max(1, growthSteps.from - done) });
  const before = system.memory();
  await system.ask({ op: 'run', count: growthSteps.to - growthSteps.from });
  return system.memory().resident / before.resident - 1;
}

async function measure(config, dtype) {
  const model = prepareModel(config, python);
  const cache = mkdtempSync(join(tmpdir(), 'mienlab-bench-'));
  const { name, folder, adapter, parameters, inputs, targets } = model;
  const spec = { task: 'training', name, model: folder, adapter, parameters, inputs, targets, dtype, cache, threads: cpus().length };
  spec.optimizer = optimizerOf(model);
  const started = [];
  try {
    for (const name of [options.subject, ...options.against]) started.push(await start(name, spec));
    const [subject, ...rivals] = started;
    const rows = rivals.map((rival) => ({
      config,
      dtype,
      subject: options.subject,
      rival: rival.system.name,
      ...losses(subject, rival, dtype),
    }));
    if (rows.every(({ agree }) => agree)) {
      const count = options.runs ?? runsPerTurn(median(started.map(({ stepTime }) => stepTime)));
      const times = await alternate(
        started.map(({ system }) => system),
        { rounds: options.rounds, count, progress: (text) => progress(`${config} ${dtype}: ${text}`) },
      );
      const again = await startAgain(spec);
      const grown = options.growth.split(',').includes(config) && !options.quick ? await growth(subject) : undefined;
      rows.forEach((row, i) =>
        Object.assign(row, {
          time: compare(times[0], times[i + 1]),
          memory: subject.memory && { ours: subject.memory.peak, theirs: rivals[i].memory.peak },
          load: { ours: subject.load, theirs: rivals[i].load },
          firstStep: { ours: subject.firstStep, theirs: rivals[i].firstStep, oursAgain: again },
          growth: grown,
          runs: { ours: times[0], theirs: times[i + 1] },
        }),
      );
    }
    results.push(...rows);
  } catch (error) {
    results.push(...options.against.map((rival) => ({ config, dtype, subject: options.subject, rival, failed: error.message })));
  } finally {
    await Promise.all(started.map(({ system }) => system.close()));
    rmSync(cache, { recursive: true, force: true });
  }
}

/** First step of a second process, which finds what the first has kept on disk. */
async function startAgain(spec) {
  const { system, firstStep } = await start(options.subject, spec);
  await system.close();
  return firstStep;
}

function losses(ours, theirs, dtype) {
  const difference = lossDifference(ours.losses, theirs.losses);
  return { losses: { ours: ours.losses, theirs: theirs.losses, difference }, agree: difference <= tolerance[dtype] };
}

try {
  for (const config of options.configs)
    for (const dtype of options.dtypes) {
      const began = performance.now();
      await measure(config, dtype);
      rowDone(`${config} ${dtype}`, began);
    }
} finally {
  progress('');
  endWorkers();
}

printMachine(facts, versions);
const ratio = ({ ours, theirs }) => (ours / theirs).toFixed(2);
const seconds = (ms) => (ms / 1000).toFixed(2);
console.log(
  table(
    [
      'training step',
      'against',
      'ms',
      'its ms',
      'time ratio [min max]',
      'peak MB',
      'its',
      'ratio',
      'first step s',
      'again',
      'its',
      'losses differ',
    ],
    results.map(({ config, dtype, rival, failed, losses, time, memory, firstStep }) => [
      `${config} ${dtype}`,
      rival,
      ...(time ? [time.ours.toFixed(1), time.theirs.toFixed(1), spread(time)] : ['-', '-', failed ? 'failed' : 'not timed']),
      ...(memory ? [megabytes(memory.ours), megabytes(memory.theirs), ratio(memory)] : ['-', '-', '-']),
      ...(firstStep ? [seconds(firstStep.ours), seconds(firstStep.oursAgain), seconds(firstStep.theirs)] : ['-', '-', '-']),
      losses?.difference.toExponential(1) ?? '-',
    ]),
  ),
);
printFailures(results, ({ dtype }) => `losses differ by more than ${tolerance[dtype]}`);
for (const { config, dtype, growth } of results.filter((row, i) => row.growth !== undefined && results[i - 1]?.config !== row.config))
  console.log(`${config} ${dtype}: resident memory from step ${growthSteps.from} to ${growthSteps.to}: ${(100 * growth).toFixed(2)} %`);
keep('training', { machine: facts, versions, tolerance, results }, options.json);
process.exitCode = results.every(({ time }) => time) ? 0 : 1;
