import { manifestConforms, sourceFolder } from 'mienlab/conformance';
import type { Box, ClipTruth, ScoredClip } from 'mienlab/contracts';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { boxAt } from 'mienlab/video';
import plugin from './plugin.js';
import { principalFace } from './principal-face.js';

manifestConforms(plugin, sourceFolder(import.meta.url));

const box = (x: number, y = 0, side = 40): Box => ({ x, y, width: side, height: side });

function clip(truth: ClipTruth | undefined, principal: (Box | null)[] | null, times = [0, 1, 2, 3]): ScoredClip {
  return {
    clip: { id: 'a', video: '/a.mp4', split: 'test', instruction: '', references: [], truth },
    prediction: '',
    principal,
    times,
  };
}

/** Anna stands at 0 and is hidden in frame 2; Bert walks from 100 towards her. */
const truth: ClipTruth = {
  times: [0, 1, 2, 3],
  principal: 'anna',
  actions: [],
  people: [
    { id: 'bert', boxes: [box(100), box(60), box(5), box(30)] },
    { id: 'anna', boxes: [box(0), box(0), null, box(0)] },
  ],
};

const values = async (...clips: ScoredClip[]) => (await principalFace(0.3).score(clips))[0]!.values;

test('right, wrong person, and no box', async () => {
  assert.equal(await values(clip(truth, [box(0), box(2), box(5), box(1)])), [1]);
  assert.equal(await values(clip(truth, [box(0), box(60), null, box(1)])), [2 / 3], 'Bert in frame 1; frame 2 does not count');
  assert.equal(await values(clip(truth, [box(0), null, null, null])), [1 / 3], 'no box though she is there is wrong');
  assert.equal(await values(clip(truth, [null, null, null, null])), [0]);
});

test('the nearest of all people must be the principal, and near enough', async () => {
  // In frame 3 the box at 16 overlaps Bert's (30) more than Anna's (0): both by more than the least.
  assert.equal(await values(clip(truth, [box(0), box(0), null, box(16)])), [2 / 3]);
  assert.equal(await values(clip(truth, [box(0), box(0), null, box(14)])), [1]);
  // Overlap 18 of 40 pixels: 18 / 62 = .29; 19 of 40: 19 / 61 = .31.
  assert.equal(await values(clip(truth, [box(-22), box(-21), null, box(0)])), [2 / 3]);
});

test('times between annotated frames', () => {
  const boxes = [box(0), box(10), null];
  assert.equal(boxAt(0.25, [0, 1, 2], boxes), box(2.5));
  assert.equal(boxAt(1, [0, 1, 2], boxes), box(10));
  assert.equal(boxAt(1.4, [0, 1, 2], boxes), box(10), 'the nearer frame, where one has no box');
  assert.is(boxAt(1.6, [0, 1, 2], boxes), null);
  assert.equal(boxAt(-3, [0, 1, 2], boxes), box(0));
  assert.is(boxAt(9, [0, 1, 2], boxes), null);
  assert.is(boxAt(1, [], []), null);
});

test('clips without a value, and the share of frames over a set', async () => {
  const hidden: ClipTruth = { ...truth, people: [{ id: 'anna', boxes: [null, null, null, null] }] };
  const all = [
    clip(truth, [box(0), box(0), null, box(0)]),
    clip(undefined, [box(0), null, null, null]),
    clip(truth, null),
    clip(hidden, [box(0), box(0), box(0), box(0)]),
    clip(truth, [null], [0]),
  ];
  const [score] = await principalFace(0.3).score(all);
  assert.equal(score!.values, [1, null, null, null, 0]);
  assert.is(score!.aggregate!([0, 1, 2, 3, 4]), 3 / 4, 'three of four frames, not the mean of 1 and 0');
  assert.is(score!.aggregate!([0, 4, 4]), 3 / 5);
  assert.equal([score!.name, score!.higherIsBetter, score!.caption], ['principal-face', true, false]);
});

test('how often the box changes person, and how much of the true face it covers', async () => {
  const scores = async (principal: (Box | null)[]) => {
    const all = await principalFace(0.3).score([clip(truth, principal)]);
    return Object.fromEntries(all.map(({ name, values }) => [name, values[0]]));
  };
  // Anna, Bert, nobody in frame 2 (Anna is hidden), Anna: two changes; Anna's box of 40 is covered whole, by 0, by half.
  const walk = await scores([box(0), box(60), null, box(0, 20)]);
  assert.is(walk['principal-switches'], 2);
  assert.is(walk['principal-coverage'], 1.5 / 3);
  const gap = await scores([box(0), null, null, box(0)]);
  assert.equal([gap['principal-switches'], gap['principal-coverage']], [0, 2 / 3], 'a gap is no change');
  assert.is((await scores([box(-10, -10, 80), null, null, null]))['principal-coverage'], 1 / 3, 'a larger box covers all');
});

test.run();
