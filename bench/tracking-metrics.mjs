// HOTA, CLEAR and Identity against TrackEval itself, both in process on the same boxes, taking turns: TUD Campus and a made-up sequence.
// npm run bench -- tracking-metrics [--frames N] [--faces N] [--rounds N] [--python PYTHON]
// PYTHON has trackeval 1.3.0; without it an environment is made in mienlab's cache folder, by pip. TUD Campus is left out where
// ../shared/data/tracking is not there.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { seededRandom } from 'mienlab/plugin';
import { readMotFile, writeMot } from '../dist/framework/tracking/mot-text.js';
import { scoreTracks } from '../dist/framework/tracking/score-tracks.js';
import { trackSequence } from '../dist/framework/tracking/track-sequence.js';
import { median } from './lib/measure.mjs';
import { machine, printMachine, table } from './lib/report.mjs';
import { smallPython } from './lib/venv.mjs';

const { values: options } = parseArgs({
  options: {
    frames: { type: 'string', default: '10000' },
    faces: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '5' },
    python: { type: 'string' },
  },
});

/** Faces on crossing ways; the tracker jitters, misses 6 %, renames 1 of 300, and sees 3 % false ones. */
function madeUp(frames, faces) {
  const random = seededRandom(5);
  const people = Array.from({ length: faces }, () => Array.from({ length: 6 }, () => random.next()));
  const names = people.map((_, id) => id + 1);
  let next = 1000;
  const [truth, found] = [[], []];
  for (let frame = 1; frame <= frames; frame++) {
    people.forEach(([a, b, c, d, e, f], id) => {
      const [x, y] = [960 + 900 * Math.sin(a * 6 + frame * (0.002 + 0.01 * b)), 540 + 480 * Math.sin(c * 6 + frame * (0.002 + 0.01 * d))];
      const size = 60 + 120 * e + 20 * Math.sin(f * 6 + frame * 0.01);
      truth.push({ frame, id: id + 1, box: { x, y, width: size, height: size * 1.25 }, score: 1 });
      if (random.next() < 1 / 300) names[id] = next++;
      if (random.next() < 0.06) return;
      const off = () => random.normal() * 0.07 * size;
      found.push({ frame, id: names[id], box: { x: x + off(), y: y + off(), width: size, height: size * 1.25 }, score: 1 });
    });
    if (random.next() < 0.6)
      found.push({ frame, id: next++, box: { x: 1900 * random.next(), y: 1000 * random.next(), width: 90, height: 110 }, score: 1 });
  }
  return [truth, found];
}

const theirs = `
import json, sys, time
import numpy as np
import trackeval
from trackeval.datasets._base_dataset import _BaseDataset
def quiet(kind):
    return kind({"PRINT_CONFIG": False})
metrics = [trackeval.metrics.HOTA(), quiet(trackeval.metrics.CLEAR), quiet(trackeval.metrics.Identity)]
def read(path, frames):
    rows = np.loadtxt(path, delimiter=",", usecols=range(6), ndmin=2)
    ids, number = np.unique(rows[:, 1], return_inverse=True)
    which = [np.flatnonzero(rows[:, 0] == t + 1) for t in range(frames)] if frames < 500 else np.split(np.argsort(rows[:, 0], kind="stable"), np.searchsorted(np.sort(rows[:, 0]), np.arange(2, frames + 1)))
    return len(rows), len(ids), [number[w] for w in which], [rows[w, 2:6] for w in which]
for line in sys.stdin:
    job = json.loads(line)
    if "gt" in job:
        gt, hyp = read(job["gt"], job["frames"]), read(job["hyp"], job["frames"])
        print("{}", flush=True)
        continue
    started = time.perf_counter()
    similarity = [_BaseDataset._calculate_box_ious(a, b, box_format="xywh") for a, b in zip(gt[3], hyp[3])]
    data = {"num_timesteps": len(gt[2]), "num_gt_dets": gt[0], "num_gt_ids": gt[1], "gt_ids": gt[2], "num_tracker_dets": hyp[0], "num_tracker_ids": hyp[1], "tracker_ids": hyp[2], "similarity_scores": similarity}
    hota, clear, identity = [metric.eval_sequence(data) for metric in metrics]
    seconds = time.perf_counter() - started
    scores = {"HOTA": float(np.mean(hota["HOTA"])), "MOTA": float(clear["MOTA"]), "IDSW": int(clear["IDSW"]), "Frag": int(clear["Frag"]), "IDF1": float(identity["IDF1"])}
    print(json.dumps({"seconds": seconds, "scores": scores}), flush=True)
`;

function ours(truth, found, frames) {
  const started = performance.now();
  const { hota, clear, identity } = scoreTracks(trackSequence(truth, frames), trackSequence(found, frames));
  const seconds = (performance.now() - started) / 1000;
  return { seconds, scores: { HOTA: hota.HOTA, MOTA: clear.MOTA, IDSW: clear.IDSW, Frag: clear.Frag, IDF1: identity.IDF1 } };
}

const folder = mkdtempSync(join(tmpdir(), 'mienlab-bench-tracks-'));
const python = options.python ?? (await smallPython('bench-trackeval', ['trackeval==1.3.0', 'numpy==2.4.6']));
const child = spawn(python, ['-c', theirs], { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
async function ask(job) {
  child.stdin.write(`${JSON.stringify(job)}\n`);
  for (;;) {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${python} ended; has it trackeval 1.3.0?`);
    if (value.startsWith('{')) return JSON.parse(value);
  }
}

try {
  printMachine(machine(), {});
  const [gt, hyp] = ['gt.txt', 'hyp.txt'].map((name) => join(folder, name));
  const frames = Number(options.frames);
  const made = madeUp(frames, Number(options.faces));
  made.forEach((rows, i) => writeFileSync([gt, hyp][i], writeMot(rows)));
  const tud = ['gt', 'hyp'].map((part) => `../shared/data/tracking/tud_campus_${part}.csv`);
  const cases = [[`${frames} frames, ${options.faces} faces`, gt, hyp, frames]];
  if (existsSync(tud[0])) cases.unshift(['TUD Campus', ...tud, 71]);
  const rows = [];
  let worst = 0;
  for (const [name, truthFile, foundFile, count] of cases) {
    const [truth, found] = [readMotFile(truthFile), readMotFile(foundFile)];
    await ask({ gt: truthFile, hyp: foundFile, frames: count });
    const times = { mienlab: [], trackeval: [] };
    // As in a sweep of trackers, which scores many sequences in one process: both are warm.
    const warming = performance.now();
    while (performance.now() - warming < 1000) ours(truth, found, count);
    for (let round = 0; round <= Number(options.rounds); round++) {
      const [a, b] = [ours(truth, found, count), await ask({})];
      worst = Math.max(worst, ...Object.entries(b.scores).map(([key, value]) => Math.abs(value - a.scores[key])));
      // TrackEval's first round does not count either.
      if (round > 0) [times.mienlab, times.trackeval].forEach((list, i) => list.push([a, b][i].seconds * 1000));
    }
    const [own, other] = [median(times.mienlab), median(times.trackeval)];
    const range = (list) => `${Math.min(...list).toFixed(1)} to ${Math.max(...list).toFixed(1)}`;
    rows.push([name, own.toFixed(2), range(times.mienlab), other.toFixed(1), range(times.trackeval), (other / own).toFixed(1)]);
  }
  console.log(table(['sequence', 'mienlab ms', 'range', 'TrackEval ms', 'range', 'times as fast'], rows));
  console.log(`largest difference of HOTA, MOTA, IDSW, Frag and IDF1: ${worst.toExponential(1)}`);
  if (worst > 1e-9) process.exitCode = 1;
} finally {
  child.stdin.end();
  rmSync(folder, { recursive: true });
}
