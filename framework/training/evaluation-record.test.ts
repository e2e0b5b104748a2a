import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { noEvaluations, outOfPatience, recorded } from './evaluation-record.js';
import { testSettings } from './test-model.js';
import { trainStages } from './train-stages.js';

const settings = { ...trainStages(testSettings)[0]!.evaluate, patience: 2, 'min-delta': 0.1, keep: 2 };

test('patience counts evaluations that are not better by min-delta; the lowest losses are kept', () => {
  let record = noEvaluations;
  const seen: unknown[] = [];
  for (const [i, loss] of [2, 1, 0.95, 0.8, 0.75, 0.72].entries()) {
    record = recorded(record, { step: i + 1, loss }, settings);
    seen.push([record.lowest, record.without, record.best.map(({ step }) => step), outOfPatience(record, settings)]);
  }
  assert.equal(seen, [
    [2, 0, [1], false],
    [1, 0, [2, 1], false],
    [1, 1, [3, 2], false],
    [0.8, 0, [4, 3], false],
    [0.8, 1, [5, 4], false],
    [0.8, 2, [6, 5], true],
  ]);
  assert.not(outOfPatience(record, { ...settings, patience: 0 }));
});

test('of equal losses the earlier is the better', () => {
  const record = [3, 7, 9].reduce((before, step) => recorded(before, { step, loss: 1 }, settings), noEvaluations);
  assert.equal(
    record.best.map(({ step }) => step),
    [3, 7],
  );
});

test.run();
