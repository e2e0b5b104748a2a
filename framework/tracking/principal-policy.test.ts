import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Box, ClipGeometry, FaceTrack } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { principalOptions, principalPolicy } from './principal-policy.js';

const config = (principal: string) => ({
  ...Object.fromEntries(Object.entries(principalOptions()).map(([name, property]) => [name, property.default])),
  principal,
});
const box = (x: number, size: number): Box => ({ x: x - size / 2, y: 100 - size / 2, width: size, height: size });

// Of 400 x 200 pixels: one long, one large, one in the middle.
const tracks: FaceTrack[] = [
  { id: 0, boxes: [box(60, 20), box(60, 20), box(60, 20), box(60, 20)] },
  { id: 1, boxes: [null, null, box(330, 80), box(330, 80)] },
  { id: 2, boxes: [null, box(200, 30), box(200, 30), box(200, 30)] },
];
const clip: ClipGeometry = { width: 400, height: 200, times: [0, 1, 2, 3] };

test('each policy goes by its own part, and says what all tracks score', () => {
  for (const [policy, expected] of [
    ['longest', 0],
    ['largest', 1],
    ['most-central', 2],
  ] as const) {
    // prettier-ignore
    const { principal, choice } = principalPolicy(config(policy))(tracks, clip);
    assert.equal([...principal], [...tracks[expected]!.boxes], policy);
    assert.is(choice!.policy, policy);
    assert.is(choice!.scores[0]!.track, expected);
    assert.is(choice!.scores.length, 3);
  }
  const parts = principalPolicy(config('longest'))(tracks, clip).choice!.scores.find(({ track }) => track === 1)!.parts;
  assert.equal([parts['presence'], parts['size']], [0.5, 0.4]);
  assert.ok(Math.abs(parts['centre']! - Math.exp(-(((330 / 400 - 0.5) / 0.35) ** 2))) < 1e-12);
});

test('weighted: the product, by hand', () => {
  const { scores } = principalPolicy(config('weighted'))(tracks, clip).choice!;
  const scoreOf = (track: number) => scores.find((one) => one.track === track)!.score;
  assert.ok(Math.abs(scoreOf(2) - 0.75 * 0.15 ** 2) < 1e-12);
  assert.ok(Math.abs(scoreOf(1) - 0.5 * 0.4 ** 2 * Math.exp(-(((330 / 400 - 0.5) / 0.35) ** 2))) < 1e-12);
});

test('the oracle takes the track on the true principal, nobody where none is, and objects without truth', () => {
  const oracle = principalPolicy(config('oracle'));
  const truth = (x: number) => ({ times: [0, 3], people: [{ id: 'a', boxes: [box(x, 80), box(x, 80)] }], principal: 'a', actions: [] });
  assert.equal([...oracle(tracks, { ...clip, truth: truth(335) }).principal], [...tracks[1]!.boxes]);
  assert.equal([...oracle(tracks, { ...clip, truth: truth(900) }).principal], [null, null, null, null]);
  assert.throws(
    () => oracle(tracks, clip),
    (error: Fault) => error.code === 'DATASET_INVALID',
  );
  assert.equal(oracle([], clip).tracks, []);
});

test('of equals the first', () => {
  const twins: FaceTrack[] = [0, 1].map((id) => ({ id, boxes: [box(200, 40)] }));
  assert.is(principalPolicy(config('weighted'))(twins, { ...clip, times: [0] }).choice!.scores[0]!.track, 0);
});

test.run();
