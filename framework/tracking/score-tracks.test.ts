import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../plugin/index.js';
import { readMot, readMotFile, type MotRow } from './mot-text.js';
import { scoreTracks } from './score-tracks.js';
import { trackSequence } from './track-sequence.js';

const shared = fileURLToPath(new URL('../../../../shared/', import.meta.url));
const goldens = `${shared}goldens/tracking/`;

interface Golden {
  frames: number;
  trackeval: Record<string, number> & { HOTA_per_alpha: Record<string, number[]> };
}

const score = (truth: readonly MotRow[], found: readonly MotRow[], frames: number, threshold?: number) =>
  scoreTracks(trackSequence(truth, frames), trackSequence(found, frames), threshold);

const counts = /^(CLR_(TP|FN|FP|Frames)|IDSW|Frag|MT|PT|ML|IDTP|IDFN|IDFP|HOTA_(TP|FN|FP))$/;

function same(name: string, value: unknown, expected: number): void {
  assert.type(value, 'number', `${name} is ${String(value)}`);
  const tolerance = counts.test(name) ? 0 : 1e-9;
  assert.ok(Math.abs((value as number) - expected) <= tolerance, `${name}: ${String(value)} is not ${expected}`);
}

function equalsGolden(files: { gt: string; hyp: string }, { frames, trackeval }: Golden): void {
  const { hota, clear, identity } = score(readMotFile(files.gt), readMotFile(files.hyp), frames);
  const { HOTA_per_alpha, ...rest } = trackeval;
  for (const [name, expected] of Object.entries(rest)) same(name, { ...hota, ...clear, ...identity }[name as 'HOTA'], expected);
  for (const [name, expected] of Object.entries(HOTA_per_alpha)) {
    expected.forEach((value, a) => same(name, hota.perAlpha[name as 'HOTA'][a], value));
  }
}

if (existsSync(goldens)) {
  const synthetic = JSON.parse(readFileSync(`${goldens}synthetic/golden.json`, 'utf8')) as Record<string, Golden>;
  assert.is(Object.keys(synthetic).length, readdirSync(`${goldens}synthetic`).filter((name) => name.endsWith('.gt.txt')).length);
  for (const [name, golden] of Object.entries(synthetic)) {
    test(`equals TrackEval: ${name}`, () =>
      equalsGolden({ gt: `${goldens}synthetic/${name}.gt.txt`, hyp: `${goldens}synthetic/${name}.hyp.txt` }, golden));
  }
  test('equals TrackEval: TUD Campus', () => {
    const golden = JSON.parse(readFileSync(`${goldens}tud_campus.json`, 'utf8')) as Golden;
    const file = (part: string) => `${shared}data/tracking/tud_campus_${part}.csv`;
    equalsGolden({ gt: file('gt'), hyp: file('hyp') }, golden);
  });
} else test.skip(`equals TrackEval (there is no ${goldens})`, () => {});

const at = (frame: number, id: number, x: number): MotRow => ({ frame, id, box: { x, y: 0, width: 10, height: 10 }, score: 1 });

test('by hand: a face seen in 4 frames, its track renamed in the third, one false face', () => {
  const truth = [1, 2, 3, 4].map((frame) => at(frame, 7, 0));
  const found = [at(1, 1, 0), at(2, 1, 0), at(3, 2, 0), at(4, 2, 0), at(2, 9, 500)];
  const { hota, clear, identity } = score(truth, found, 4);
  assert.equal([clear.CLR_TP, clear.CLR_FN, clear.CLR_FP, clear.IDSW, clear.Frag, clear.MT], [4, 0, 1, 1, 0, 1]);
  assert.is(clear.MOTA, (4 - 1 - 1) / 4);
  assert.equal([identity.IDTP, identity.IDFN, identity.IDFP], [2, 2, 3]);
  assert.is(identity.IDF1, 2 / 4.5);
  // Each of the 4 matches has an association of 2 / (4 + 2 - 2).
  assert.ok(Math.abs(hota.AssA - 0.5) < 1e-12);
  assert.ok(Math.abs(hota.DetA - 4 / 5) < 1e-12);
  assert.ok(Math.abs(hota.HOTA - Math.sqrt(0.4)) < 1e-12);
  assert.is(hota.LocA, 1);
});

test('the threshold of CLEAR and Identity can be chosen', () => {
  // 10 pixels moved by 4: 60 / 140.
  const [truth, found] = [[at(1, 1, 0)], [at(1, 1, 4)]];
  assert.is(score(truth, found, 1).clear.CLR_TP, 0);
  assert.is(score(truth, found, 1, 0.4).clear.CLR_TP, 1);
  assert.is(score(truth, found, 1, 0.4).identity.IDF1, 1);
});

test('names and the order of rows do not matter; a track against itself is perfect', () => {
  const random = seededRandom(3);
  const row = (frame: number, id: number): MotRow => ({
    frame,
    id,
    box: { x: random.next() * 300, y: random.next() * 200, width: 20 + random.next() * 60, height: 20 + random.next() * 60 },
    score: 1,
  });
  for (let round = 0; round < 40; round++) {
    const rows = () =>
      Array.from({ length: 8 }, (_, t) => [1, 2, 3, 4].filter(() => random.next() < 0.8).map((id) => row(t + 1, id))).flat();
    const [truth, found] = [rows(), rows()];
    const scores = score(truth, found, 8);
    const renamed = found.map((one) => ({ ...one, id: 90 - 3 * one.id }));
    const other = score([...truth].reverse(), renamed, 8);
    assert.equal(
      [other.clear.CLR_TP, other.identity.IDTP, other.clear.CLR_FP],
      [scores.clear.CLR_TP, scores.identity.IDTP, scores.clear.CLR_FP],
    );
    assert.ok(Math.abs(other.hota.HOTA - scores.hota.HOTA) < 1e-12);
    const itself = score(truth, truth, 8);
    assert.equal([itself.hota.HOTA, itself.clear.MOTA, itself.identity.IDF1, itself.clear.IDSW], [1, 1, 1, 0]);
  }
});

test('frames after the last one are left out, frames without boxes count', () => {
  const { clear, frames } = score([at(2, 1, 0)], [at(2, 1, 0), at(9, 1, 0)], 5);
  assert.equal([frames, clear.CLR_Frames, clear.CLR_TP, clear.CLR_FP], [5, 5, 1, 0]);
});

test('reading is exact to the last digit', () => {
  const [row] = readMot('3,4,0.1,-2.5,1e2,33.333\r\n', { source: 'a.txt' });
  assert.equal(row, { frame: 3, id: 4, box: { x: 0.1, y: -2.5, width: 100, height: 33.333 }, score: 1 });
});

test.run();
