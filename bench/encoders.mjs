// npm run bench -- encoders: vision towers against PyTorch, and the way from a video to tokens against the encoder alone. Options and method: docs/bench.md.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { alternate, compare, median } from './lib/measure.mjs';
import { benchOptions, runsPerTurn } from './lib/options.mjs';
import { keep, machine, megabytes, printFailures, printMachine, progress, rowDone, spread, table } from './lib/report.mjs';
import { System, endWorkers, endWorkersOnSignals } from './lib/system.mjs';
import { benchPython } from './lib/venv.mjs';
import { pixelBytes, prepareTower, towerNames } from './lib/vision-models.mjs';
import { videoToTokens } from './lib/video-to-tokens.mjs';

/** How far tokens may be apart: length of the difference over length of the tokens; bfloat16 has 8 bits of mantissa. */
const tolerance = { fp32: 1e-4, bf16: 5e-2 };
/** What both sides do to pixels 0..255, as the folders have no processor's file: the families' own. */
const processors = {
  siglip: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  clip: { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] },
};

const options = benchOptions(
  { batch: { type: 'string' }, part: { type: 'string', default: 'towers,video' }, clips: { type: 'string' } },
  { known: towerNames, against: 'transformers' },
);
const batches = (options.batch ?? (options.quick ? '8' : '8,32')).split(',').map(Number);
if (!batches.every((batch) => Number.isInteger(batch) && batch > 0)) throw new Error('--batch: whole numbers above 0');
const wants = (part) => options.part.split(',').includes(part);
endWorkersOnSignals();
const facts = machine();
const python = await benchPython();
const versions = {};
const results = [];
const videos = [];

/** A fresh process with the tower loaded, after its first runs: its tokens, how long a run takes, the memory that was needed. */
async function start(name, spec) {
  const system = new System(name, python);
  const watch = setInterval(() => system.memory(), 100);
  try {
    progress(`${spec.name} ${spec.dtype} batch ${spec.batch}: ${name} loads and encodes`);
    const opened = await system.ask({ op: 'open', ...spec, system: name });
    versions[name] = opened.versions;
    const { ms } = await system.ask({ op: 'run', count: 2 });
    const bytes = readFileSync(spec.tokens);
    const tokens = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    return { system, tokens, firstRun: ms[0], runTime: ms[1], memory: system.memory() };
  } finally {
    clearInterval(watch);
  }
}

/** Length of the difference of two lists over the length of the second; infinite where they do not belong together. */
function distance(ours, theirs) {
  if (ours.length !== theirs.length) return Infinity;
  let [off, all] = [0, 0];
  for (let i = 0; i < theirs.length; i++) {
    off += (ours[i] - theirs[i]) ** 2;
    all += theirs[i] ** 2;
  }
  return Math.sqrt(off / all);
}

async function measure(config, dtype, batch) {
  const folder = mkdtempSync(join(tmpdir(), 'mienlab-bench-'));
  const started = [];
  try {
    const { family, folder: model, side, classToken } = prepareTower(config, python);
    const pixels = join(folder, 'pixels');
    writeFileSync(pixels, pixelBytes(batch, side));
    const spec = {
      ...{ task: 'encoding', name: config, family, model, dtype, batch, pixels, shape: [batch, side, side, 3] },
      ...{ ...processors[family], class_token: classToken, tokens: join(folder, 'tokens'), threads: cpus().length },
    };
    for (const name of [options.subject, ...options.against]) started.push(await start(name, spec));
    const [subject, ...rivals] = started;
    const rows = rivals.map((rival) => {
      const difference = distance(subject.tokens, rival.tokens);
      return {
        config,
        dtype,
        batch,
        subject: options.subject,
        rival: rival.system.name,
        difference,
        agree: difference <= tolerance[dtype],
      };
    });
    for (const one of started) delete one.tokens;
    if (rows.every(({ agree }) => agree)) {
      const count = options.runs ?? runsPerTurn(median(started.map(({ runTime }) => runTime)));
      const times = await alternate(
        started.map(({ system }) => system),
        { rounds: options.rounds, count, progress: (text) => progress(`${config} ${dtype} batch ${batch}: ${text}`) },
      );
      rows.forEach((row, i) =>
        Object.assign(row, {
          time: compare(times[0], times[i + 1]),
          memory: subject.memory && { ours: subject.memory.peak, theirs: rivals[i].memory.peak },
          firstRun: { ours: subject.firstRun, theirs: rivals[i].firstRun },
          runs: { ours: times[0], theirs: times[i + 1] },
        }),
      );
    }
    results.push(...rows);
  } catch (error) {
    results.push(...options.against.map((rival) => ({ config, dtype, batch, subject: options.subject, rival, failed: error.message })));
  } finally {
    await Promise.all(started.map(({ system }) => system.close()));
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  if (wants('towers'))
    for (const config of options.configs)
      for (const dtype of options.dtypes)
        for (const batch of batches) {
          const began = performance.now();
          await measure(config, dtype, batch);
          rowDone(`${config} ${dtype} batch ${batch}`, began);
        }
  if (wants('video'))
    for (const config of options.configs) {
      const began = performance.now();
      const clips = Number(options.clips ?? (options.quick ? 2 : 8));
      const { family, folder } = prepareTower(config, python);
      videos.push({ config, ...(await videoToTokens({ family, folder, clips, rounds: options.quick ? 1 : 3, progress })) });
      rowDone(`${config}, from videos`, began);
    }
} finally {
  progress('');
  endWorkers();
}

printMachine(facts, versions);
const ratio = ({ ours, theirs }) => (ours / theirs).toFixed(2);
if (results.length)
  console.log(
    table(
      ['tower', 'against', 'ms', 'its ms', 'time ratio [min max]', 'peak MB', 'its', 'ratio', 'first run s', 'its', 'tokens differ'],
      results.map(({ config, dtype, batch, rival, failed, difference, time, memory, firstRun }) => [
        `${config} ${dtype} batch ${batch}`,
        rival,
        ...(time ? [time.ours.toFixed(0), time.theirs.toFixed(0), spread(time)] : ['-', '-', failed ? 'failed' : 'not timed']),
        ...(memory ? [megabytes(memory.ours), megabytes(memory.theirs), ratio(memory)] : ['-', '-', '-']),
        ...(firstRun ? [(firstRun.ours / 1000).toFixed(2), (firstRun.theirs / 1000).toFixed(2)] : ['-', '-']),
        difference?.toExponential(1) ?? '-',
      ]),
    ),
  );
printFailures(results, ({ dtype }) => `tokens differ by more than ${tolerance[dtype]}`);
if (videos.length)
  console.log(
    table(
      ['from videos', 'clips', 'images', 's', 'encoder alone s', 'ratio [min max]'],
      videos.map(({ config, clips, images, whole, alone, ratios }) => [
        `${config} fp32`,
        clips,
        images,
        (median(whole) / 1000).toFixed(2),
        (median(alone) / 1000).toFixed(2),
        `${median(ratios).toFixed(2)} [${Math.min(...ratios).toFixed(2)} ${Math.max(...ratios).toFixed(2)}]`,
      ]),
    ),
  );
keep('encoders', { machine: facts, versions, tolerance, results, videos }, options.json);
process.exitCode = results.every(({ time }) => time) ? 0 : 1;
