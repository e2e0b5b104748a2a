// Caption metrics against pycocoevalcap itself on the same captions, taking turns: in process (both warm), and as whole processes from
// two files to scores on standard output. Item i is predicted by the reference of item i+1.
// usage: npm run bench -- captions [--python PYTHON] [--alone] [--captions FILE.json] [--rounds N] [--processes N] [--json FILE]
// Java must be on PATH. PYTHON needs pycocoevalcap 1.2; without --python an environment with it is made in mienlab's cache folder.
// --alone times mienlab alone. FILE.json holds [{ id, caption }]; default: what MIENLAB_FEC_BENCH names.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ptbTokenize, rougeL } from '../dist/framework/text/index.js';
import { bleu, bleuCounter } from '../dist/plugins/metrics/bleu/bleu.js';
import { cider } from '../dist/plugins/metrics/cider/cider.js';
import { keep, machine, printMachine } from './lib/report.mjs';
import { captionsPython } from './lib/venv.mjs';

const { values: options } = parseArgs({
  options: {
    python: { type: 'string' },
    alone: { type: 'boolean', default: false },
    captions: { type: 'string', default: process.env.MIENLAB_FEC_BENCH ?? '../shared/data/fec-bench/test.json' },
    rounds: { type: 'string', default: '7' },
    processes: { type: 'string', default: '5' },
    json: { type: 'string' },
  },
});
const python = options.alone ? undefined : (options.python ?? (await captionsPython()));
const references = JSON.parse(readFileSync(options.captions, 'utf8')).map(({ caption }) => caption);
const predictions = references.map((_, i) => references[(i + 1) % references.length]);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function ours() {
  const seconds = {};
  const timed = (name, work) => {
    const started = performance.now();
    const result = work();
    seconds[name] = (performance.now() - started) / 1000;
    return result;
  };
  const [candidates, own] = timed('tokenize', () => [predictions.map(ptbTokenize), references.map((text) => [ptbTokenize(text)])]);
  const scores = [
    timed('bleu', () => {
      const count = bleuCounter();
      const counts = candidates.map((candidate, i) => count(candidate, own[i]));
      counts.forEach((one) => bleu([one]));
      return bleu(counts)[3];
    }),
    timed('rouge-l', () => mean(candidates.map((candidate, i) => rougeL(candidate, own[i])))),
    timed('cider', () => mean(cider(candidates, own))),
  ];
  return { seconds, scores };
}

const theirs = `
import contextlib, io, json, sys, time
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.cider.cider import Cider
data = json.loads(sys.stdin.readline())
pack = lambda texts: {i: [{"caption": text}] for i, text in enumerate(texts)}
for _ in sys.stdin:
    seconds, scores = {}, []
    def timed(name, work):
        started = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            result = work()
        seconds[name] = time.perf_counter() - started
        return result
    tokenizer = PTBTokenizer()
    gts, res = timed("tokenize", lambda: (tokenizer.tokenize(pack(data["references"])), tokenizer.tokenize(pack(data["predictions"]))))
    for name, scorer in (("bleu", Bleu(4)), ("rouge-l", Rouge()), ("cider", Cider())):
        score = timed(name, lambda: scorer.compute_score(gts, res))[0]
        scores.append(float(score[3] if name == "bleu" else score))
    print(json.dumps({"seconds": seconds, "scores": scores}), flush=True)
`;

async function* rounds(count) {
  const child = python && spawn(python, ['-c', theirs], { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = child && createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child?.stdin.write(`${JSON.stringify({ references, predictions })}\n`);
  for (let i = 0; i < count; i++) {
    const round = { mienlab: ours() };
    if (child) {
      child.stdin.write('\n');
      const { value, done } = await lines.next();
      if (done) throw new Error(`${python} ended; has it pycocoevalcap, and is Java on PATH?`);
      round.pycocoevalcap = JSON.parse(value);
    }
    yield round;
  }
  child?.stdin.end();
}

/** From two files to scores, a fresh process each time; mienlab once with the scores alone and once as it comes: baselines, intervals, tests. */
const whole = `
import json, sys
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.cider.cider import Cider
pack = lambda file: {k: [{"caption": text}] for k, text in json.load(open(file)).items()}
tokenizer = PTBTokenizer()
gts, res = tokenizer.tokenize(pack(sys.argv[1])), tokenizer.tokenize(pack(sys.argv[2]))
for scorer in (Bleu(4), Rouge(), Cider()):
    print(scorer.compute_score(gts, res)[0])
`;

function processes(count) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-captions-'));
  try {
    const [r, p] = [references, predictions].map((texts, i) => {
      const file = join(folder, `${i}.json`);
      writeFileSync(file, JSON.stringify(Object.fromEntries(texts.map((text, id) => [`item-${id}`, text]))));
      return file;
    });
    const score = [
      join(dirname(fileURLToPath(import.meta.url)), '../bin/mienlab.js'),
      'score',
      '--predictions',
      p,
      '--references',
      r,
      '--json',
    ];
    const commands = {
      mienlab: [process.execPath, [...score, '--no-baselines', '--resamples', '0']],
      'mienlab with baselines, intervals, tests': [process.execPath, score],
      ...(python && { pycocoevalcap: [python, ['-c', whole, r, p]] }),
    };
    const seconds = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
    for (let i = 0; i < count; i++) {
      for (const [name, [program, args]] of Object.entries(commands)) {
        const started = performance.now();
        const { status, stderr } = spawnSync(program, args, { maxBuffer: 1 << 28, encoding: 'utf8' });
        if (status !== 0) throw new Error(`${name} failed:\n${stderr.slice(-2000)}`);
        seconds[name].push((performance.now() - started) / 1000);
      }
    }
    return seconds;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const facts = machine();
printMachine(facts, {});
const steps = {};
let last;
for await (const round of rounds(Number(options.rounds))) {
  last = round;
  for (const [system, { seconds }] of Object.entries(round)) {
    seconds.all = Object.values(seconds).reduce((sum, value) => sum + value, 0);
    for (const [step, value] of Object.entries(seconds)) ((steps[step] ??= {})[system] ??= []).push(value);
  }
}
steps['whole process'] = processes(Number(options.processes));

function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: sorted[Math.floor((sorted.length - 1) / 2)], least: sorted[0], most: sorted.at(-1) };
}
console.log(
  `${references.length} predictions and references; ${options.rounds} rounds, ${options.processes} processes; median seconds (least to most)`,
);
const results = {};
for (const [step, systems] of Object.entries(steps)) {
  results[step] = Object.fromEntries(Object.entries(systems).map(([system, values]) => [system, summary(values)]));
  const theirMedian = results[step].pycocoevalcap?.median;
  for (const [system, { median, least, most }] of Object.entries(results[step])) {
    const faster = theirMedian && system !== 'pycocoevalcap' ? `   ${(theirMedian / median).toFixed(1)} times as fast` : '';
    console.log(`${step.padEnd(14)}${system.padEnd(42)}${median.toFixed(4)} (${least.toFixed(4)} to ${most.toFixed(4)})${faster}`);
  }
}
if (last.pycocoevalcap) {
  const apart = Math.max(...last.mienlab.scores.map((score, i) => Math.abs(score - last.pycocoevalcap.scores[i])));
  console.log(`largest difference of BLEU-4, ROUGE-L and CIDEr, each with its own tokenizer: ${apart.toExponential(1)}`);
}
keep('captions', { machine: facts, results }, options.json);
