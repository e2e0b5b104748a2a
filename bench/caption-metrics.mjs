// Caption metrics against pycocoevalcap itself, both in process, taking turns on the same captions: item i is predicted by the reference
// of item i+1.
// usage: node bench/caption-metrics.mjs [--python PYTHON] [--captions FILE.json] [--rounds N]
// PYTHON needs `pip install pycocoevalcap==1.2` and Java on PATH; without --python only mienlab is timed. FILE holds [{ caption }].
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { ptbTokenize, rougeL } from '../dist/framework/text/index.js';
import { bleu, bleuCounter } from '../dist/plugins/metrics/bleu/bleu.js';
import { cider } from '../dist/plugins/metrics/cider/cider.js';

const { values: options } = parseArgs({
  options: {
    python: { type: 'string' },
    captions: { type: 'string', default: '../shared/data/fec-bench/test.json' },
    rounds: { type: 'string', default: '7' },
  },
});
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
  const child = options.python && spawn(options.python, ['-c', theirs], { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = child && createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child?.stdin.write(`${JSON.stringify({ references, predictions })}\n`);
  for (let i = 0; i < count; i++) {
    const round = { mienlab: ours() };
    if (child) {
      child.stdin.write('\n');
      const { value, done } = await lines.next();
      if (done) throw new Error(`${options.python} ended; has it pycocoevalcap, and is Java on PATH?`);
      round.pycocoevalcap = JSON.parse(value);
    }
    yield round;
  }
  child?.stdin.end();
}

const samples = {};
let last;
for await (const round of rounds(Number(options.rounds))) {
  last = round;
  for (const [system, { seconds }] of Object.entries(round)) {
    seconds.all = Object.values(seconds).reduce((sum, value) => sum + value, 0);
    for (const [step, value] of Object.entries(seconds)) ((samples[step] ??= {})[system] ??= []).push(value);
  }
}
const middle = (sorted) => sorted[Math.floor((sorted.length - 1) / 2)];
console.log(`${references.length} captions, ${options.rounds} rounds; median seconds (least to most)`);
for (const [step, systems] of Object.entries(samples)) {
  const medians = Object.entries(systems).map(([system, values]) => {
    const sorted = [...values].sort((a, b) => a - b);
    return {
      text: `${system} ${middle(sorted).toFixed(4)} (${sorted[0].toFixed(4)} to ${sorted.at(-1).toFixed(4)})`,
      median: middle(sorted),
    };
  });
  const ratio = medians.length > 1 ? `   ${(medians[1].median / medians[0].median).toFixed(1)} times as fast` : '';
  console.log(`${step.padEnd(10)}${medians.map(({ text }) => text).join('   ')}${ratio}`);
}
if (last.pycocoevalcap) {
  const apart = Math.max(...last.mienlab.scores.map((score, i) => Math.abs(score - last.pycocoevalcap.scores[i])));
  console.log(`largest difference of BLEU-4, ROUGE-L and CIDEr, each with its own tokenizer: ${apart.toExponential(1)}`);
}
