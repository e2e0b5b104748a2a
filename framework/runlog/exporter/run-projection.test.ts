import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { JournalFact } from '../journal/journal-entry.js';
import { RunProjection, type Work } from './run-projection.js';

function projected(...facts: JournalFact[]): Work[] {
  const run = new RunProjection('R', 'name', undefined, 'e', 1000);
  facts.forEach((fact, index) => run.add({ ...fact, seq: index + 1, time: 5000 + index }, true));
  return [...run.work];
}

test('two keys that MLflow would make one stay two, always under the same names', () => {
  const metrics = (values: Record<string, number>): JournalFact => ({ type: 'metrics', run: 'R', step: 0, values });
  const work = projected(metrics({ 'x@1': 1, 'x(1': 2 }), metrics({ 'x(1': 3, x_1: 4, 'x@1': 5 }));
  const points = work.flatMap((item) => (item.kind === 'log' ? item.metrics : []));
  assert.equal(
    points.map(({ key, value }) => [key, value]),
    [
      ['x_1', 1],
      ['x_1-2', 2],
      ['x_1-2', 3],
      ['x_1-3', 4],
      ['x_1', 5],
    ],
  );
});

test('a param is written once; the same again is nothing, another value a tag', () => {
  const params = (values: Record<string, string>): JournalFact => ({ type: 'params', run: 'R', values });
  const work = projected(params({ lr: '1', seed: '0' }), params({ lr: '1' }), params({ lr: '2' }));
  assert.equal(
    work.map((item) => item.kind === 'log' && [item.params, item.tags]),
    [
      [[{ key: 'lr', value: '1' }, { key: 'seed', value: '0' }], []],
      [[], []],
      [[], [{ key: 'mienlab.changed.lr', value: '2' }]],
    ], // prettier-ignore
  );
});

test('points keep the time at which they were logged; names of numbers become numbers', () => {
  const [work] = projected({ type: 'metrics', run: 'R', step: 7, values: { loss: 'NaN', top: '-Infinity' } });
  assert.equal(work!.kind === 'log' && work!.metrics, [
    { key: 'loss', value: NaN, timestamp: 5000, step: 7 },
    { key: 'top', value: -Infinity, timestamp: 5000, step: 7 },
  ]);
});

test('an image has the same name whenever it is sent', () => {
  const image: JournalFact = { type: 'image', run: 'R', key: 'faces', step: 2, file: 'f.png' };
  assert.equal(projected(image), projected(image));
  assert.is.not(JSON.stringify(projected(image, image)[0]), JSON.stringify(projected(image, image)[1]));
});

test('what is on the server is known but not sent again', () => {
  const run = new RunProjection('R', 'name', undefined, 'e', 1000);
  run.add({ seq: 1, time: 1, type: 'params', run: 'R', values: { lr: '1' } }, false);
  run.add({ seq: 2, time: 1, type: 'params', run: 'R', values: { lr: '2' } }, true);
  assert.equal(
    run.work.map((item) => item.kind === 'log' && item.tags),
    [[{ key: 'mienlab.changed.lr', value: '2' }]],
  );
});

test.run();
