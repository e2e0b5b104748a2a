import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Clip, InstructionSample } from '../contracts/index.js';
import { Fault, FaultList } from '../faults/index.js';
import { testContext } from '../plugin/conformance/index.js';
import { clipSamples, corpusOf, firstAnswers } from './clip-samples.js';
import { usableSamples } from './training-samples.js';

const clip: Clip = {
  id: 'a',
  video: '/a.mp4',
  split: 'train',
  instruction: 'What?',
  references: ['One.', 'Two.'],
  conversations: [
    {
      turns: [
        { instruction: 'Who?', answer: 'He.' },
        { instruction: 'Why?', answer: 'So.' },
      ],
      system: 'S',
      learn: 'all-answers',
      weight: 2,
    },
    { turns: [{ instruction: 'Old?', answer: 'No.' }], learn: 'last-answer' },
  ],
};

test('a clip has a sample for every reference and every conversation', () => {
  assert.equal(clipSamples(clip), [
    { instruction: 'What?', answer: 'One.', clip: 'a' },
    { instruction: 'What?', answer: 'Two.', clip: 'a' },
    {
      ...{ instruction: 'Why?', answer: 'So.', earlier: [{ instruction: 'Who?', answer: 'He.' }], clip: 'a' },
      ...{ system: 'S', learn: 'all-answers', weight: 2 },
    },
    { instruction: 'Old?', answer: 'No.', earlier: [], clip: 'a', learn: 'last-answer' },
  ]);
  assert.equal(firstAnswers(clip), ['One.', 'Two.', 'He.', 'No.']);
  assert.equal(corpusOf(clip), ['What?', 'One.', 'Two.', 'S', 'Who?', 'He.', 'Why?', 'So.', 'Old?', 'No.']);
});

/** Refuses answers that begin with "x". */
const head = {
  prepare([sample]: readonly InstructionSample[], visual: number) {
    if (sample!.answer.startsWith('x')) throw new Fault('SAMPLE_INVALID', `too long with ${visual}`);
    return {};
  },
};

test('samples that the head refuses are left out everywhere, or end the run', async () => {
  const answers = ['a', 'x1', 'b', 'x2', 'c'];
  const samples = answers.map((answer, i) => ({ instruction: '?', answer, clip: `clip-${i}` }));
  const training = { clips: [], samples, rows: [0, 0, 1, 1, 2], held: [1, 4] };
  const { log, progress, signal, warnings } = testContext();
  const options = { visual: 7, log, progress, signal };
  const left = await usableSamples(training, head, { ...options, onError: 'skip' });
  assert.equal(left, { clips: [], samples: [samples[0], samples[2], samples[4]], rows: [0, 1, 2], held: [2] });
  assert.equal(warnings, ['2 of 5 training samples cannot be used and are left out: clip-1: too long with 7; clip-3: too long with 7']);
  for (const [onError, all] of [
    ['fail', samples],
    ['skip', [samples[1]!]],
  ] as const) {
    try {
      await usableSamples({ ...training, samples: all }, head, { ...options, onError });
      assert.unreachable();
    } catch (error) {
      assert.instance(error, FaultList);
      assert.match((error as FaultList).faults[0]!.message, 'training samples cannot be used');
      assert.is((error as FaultList).faults[1]!.details.clip, 'clip-1');
    }
  }
});

test.run();
