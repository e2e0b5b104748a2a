import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Score } from '../contracts/index.js';
import { seededRandom } from '../plugin/index.js';
import { metricResponse } from './metric-response.js';

const score = (values: (number | null)[], aggregate?: Score['aggregate']): Score => ({
  name: 's',
  values,
  aggregate,
  higherIsBetter: true,
  caption: true,
});
const draw = { random: seededRandom(1), resamples: 200 };

test('the share of the way to the floor, over the clips that have all values', () => {
  const response = metricResponse(
    {
      untouched: score([1, 1, 1, 1]),
      perturbed: score([0.5, 0.7, null, 0]),
      floor: score([0.2, 0.2, 0.2, 0.2]),
      paraphrased: score([0.6, 0.6, 0.6, 0.6]),
    },
    [0, 1, 2],
    draw,
  )!;
  assert.is(response.n, 2);
  assert.equal([response.untouched.value, response.perturbed.value, response.floor.value], [1, 0.6, 0.2]);
  assert.ok(Math.abs(response.response!.value - 0.5) < 1e-12);
  // Resamples are (.5, .5), (.7, .7) and both mixed: the interval goes from one to the other.
  assert.ok(Math.abs(response.response!.interval![0] - 0.375) < 1e-9 && Math.abs(response.response!.interval![1] - 0.625) < 1e-9);
  assert.ok(Math.abs(response.overParaphrase!.value) < 1e-12);
});

test('aggregates are taken whole, and metrics where less is better alike', () => {
  const median = (values: number[]) => (indices: readonly number[]) => [...indices.map((i) => values[i]!)].sort((a, b) => a - b)[1]!;
  const lower = (values: number[]) => score(values, median(values));
  const response = metricResponse(
    { untouched: lower([0, 0, 9]), perturbed: lower([9, 1, 1]), floor: lower([4, 4, 4]), paraphrased: null },
    [0, 1, 2],
    { ...draw, resamples: 0 },
  )!;
  assert.equal(response.response, { value: 0.25, interval: null });
  assert.is(response.overParaphrase, null);
});

test('no share where the metric does not tell right from another clip, nothing for no clips', () => {
  const same = score([1, 1]);
  const given = { untouched: same, perturbed: same, floor: same, paraphrased: null };
  assert.is(metricResponse(given, [0, 1], draw)!.response, null);
  assert.is(metricResponse(given, [], draw), null);
  assert.is(metricResponse({ ...given, perturbed: score([null, null]) }, [0, 1], draw), null);
});

test.run();
