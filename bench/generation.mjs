// npm run bench -- generation: greedy decoding with a KV cache, mienlab against PyTorch. Options and method: docs/bench.md.
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { alternate, compare, median, tokenAgreement } from './lib/measure.mjs';
import { prepareModel } from './lib/models.mjs';
import { benchOptions, runsPerTurn } from './lib/options.mjs';
import { keep, machine, megabytes, printFailures, printMachine, progress, rowDone, spread, table } from './lib/report.mjs';
import { System, endWorkers, endWorkersOnSignals } from './lib/system.mjs';
import { benchPython } from './lib/venv.mjs';

const promptLength = 32;
const tokens = 128;

const options = benchOptions({ batch: { type: 'string' }, threads: { type: 'string' } });
const batches = (options.batch ?? (options.quick ? '1' : '1,16')).split(',').map(Number);
const cores = cpus().length;
/** Thread counts that each system is tried with; the fastest is timed. */
const threadCounts = options.threads?.split(',').map(Number) ?? [...new Set([1, Math.ceil(cores / 2), cores])];
endWorkersOnSignals();
const facts = machine();
const python = await benchPython();
const versions = {};
const results = [];

/** The system at its best number of threads, after its first generation. */
async function start(name, spec) {
  let best;
  for (const threads of threadCounts) {
    const system = new System(name, python);
    progress(`${spec.label}: ${name} on ${threads} threads`);
    versions[name] = (await system.ask({ op: 'open', ...spec, threads, system: name })).versions;
    const first = await system.ask({ op: 'run', count: 1 });
    const tried = await system.ask({ op: 'run', count: 3 });
    const candidate = { system, threads, ids: first.ids, first: first.ms[0], ms: Math.min(...tried.ms), memory: system.memory() };
    if (best && best.ms <= candidate.ms) await system.close();
    else {
      await best?.system.close();
      best = candidate;
    }
  }
  return best;
}

async function measure(config, dtype, batch) {
  const { folder, prompts } = prepareModel(config, python);
  const cache = mkdtempSync(join(tmpdir(), 'mienlab-bench-'));
  const label = `${config} ${dtype} batch ${batch}`;
  const spec = { task: 'generation', label, model: folder, prompts: prompts(batch, promptLength), tokens, dtype, cache };
  const started = [];
  try {
    for (const name of [options.subject, ...options.against]) started.push(await start(name, spec));
    const [subject, ...rivals] = started;
    const rows = rivals.map((rival) => {
      const agreement = tokenAgreement(subject.ids, rival.ids);
      // bfloat16 rounds near ties apart: the share of equal tokens is shown, and not required.
      const agree = dtype === 'bf16' || agreement.share === 1;
      return { config, dtype, batch, subject: options.subject, rival: rival.system.name, agreement, agree };
    });
    if (rows.every(({ agree }) => agree)) {
      const count = options.runs ?? runsPerTurn(median(started.map(({ ms }) => ms)));
      const times = await alternate(
        started.map(({ system }) => system),
        { rounds: options.rounds, count, progress: (text) => progress(`${label}: ${text}`) },
      );
      rows.forEach((row, i) => {
        const rival = rivals[i];
        // Tokens a second: the rival's time over ours.
        const speed = compare(times[i + 1], times[0]);
        Object.assign(row, {
          speed: { ...speed, ours: (1000 * batch * tokens) / speed.theirs, theirs: (1000 * batch * tokens) / speed.ours },
          threads: { ours: subject.threads, theirs: rival.threads },
          first: { ours: subject.first, theirs: rival.first },
          memory: subject.memory && { ours: subject.memory.peak, theirs: rival.memory.peak },
          runs: { ours: times[0], theirs: times[i + 1] },
        });
      });
    }
    results.push(...rows);
  } catch (error) {
    results.push(...options.against.map((rival) => ({ config, dtype, batch, subject: options.subject, rival, failed: error.message })));
  } finally {
    await Promise.all(started.map(({ system }) => system.close()));
    rmSync(cache, { recursive: true, force: true });
  }
}

try {
  for (const config of options.configs)
    for (const dtype of options.dtypes)
      for (const batch of batches) {
        const began = performance.now();
        await measure(config, dtype, batch);
        rowDone(`${config} ${dtype} batch ${batch}`, began);
      }
} finally {
  progress('');
  endWorkers();
}

printMachine(facts, versions);
console.log(`${promptLength} prompt tokens, ${tokens} new ones, greedy`);
const percent = (share) => `${(100 * share).toFixed(1)} %`;
console.log(
  table(
    [
      'generation',
      'against',
      'tokens/s',
      'its',
      'speed ratio [min max]',
      'threads',
      'its',
      'peak MB',
      'its',
      'first s',
      'its',
      'equal tokens',
    ],
    results.map(({ config, dtype, batch, rival, failed, agreement, speed, threads, memory, first }) => [
      `${config} ${dtype} batch ${batch}`,
      rival,
      ...(speed
        ? [speed.ours.toFixed(0), speed.theirs.toFixed(0), spread(speed), threads.ours, threads.theirs]
        : ['-', '-', failed ? 'failed' : 'not timed', '-', '-']),
      ...(memory ? [megabytes(memory.ours), megabytes(memory.theirs)] : ['-', '-']),
      ...(first ? [(first.ours / 1000).toFixed(2), (first.theirs / 1000).toFixed(2)] : ['-', '-']),
      agreement ? percent(agreement.share) : '-',
    ]),
  ),
);
printFailures(results, ({ agreement }) => `tokens differ from number ${agreement.first + 1} on`);
keep('generation', { machine: facts, versions, promptLength, tokens, results }, options.json);
process.exitCode = results.every(({ speed }) => speed) ? 0 : 1;
