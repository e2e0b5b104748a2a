import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../../plugin/index.js';
import { percentileInterval, replicates, type Statistic, twoSidedP } from './bootstrap.js';

const meanOf =
  (values: readonly number[]): Statistic =>
  (positions) =>
    positions.reduce((sum, position) => sum + values[position]!, 0) / positions.length;

function within(value: number, expected: number, tolerance: number, what = ''): void {
  assert.ok(Math.abs(value - expected) <= tolerance, `${what} ${value} is not ${expected} +- ${tolerance}`);
}

test('the resamples have the exact distribution of all draws', () => {
  // All 27 draws of 3 from 3, by brute force.
  const values = [0, 1, 5];
  const expected = new Map<string, number>();
  for (const a of values)
    for (const b of values)
      for (const c of values) expected.set(((a + b + c) / 3).toFixed(6), (expected.get(((a + b + c) / 3).toFixed(6)) ?? 0) + 1 / 27);
  const resamples = 40_000;
  const [drawn] = replicates([meanOf(values)], 3, resamples, seededRandom(3));
  const seen = new Map<string, number>();
  for (const mean of drawn!) seen.set(mean.toFixed(6), (seen.get(mean.toFixed(6)) ?? 0) + 1 / resamples);
  assert.equal([...seen.keys()].sort(), [...expected.keys()].sort());
  for (const [mean, share] of expected) within(seen.get(mean)!, share, 4 * Math.sqrt(share / resamples), `share of ${mean}`);
});

test('the interval of a mean is that of its normal limit', () => {
  const random = seededRandom(5);
  const n = 400;
  const values = Array.from({ length: n }, () => 3 + 2 * random.normal());
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n);
  const [drawn] = replicates([meanOf(values)], n, 20_000, seededRandom(6));
  const [low, high] = percentileInterval(drawn!)!;
  within(low, mean - (1.959964 * deviation) / Math.sqrt(n), 0.006);
  within(high, mean + (1.959964 * deviation) / Math.sqrt(n), 0.006);
});

test('quantiles are those of type 7, what is not finite is left out', () => {
  const values = Float64Array.from([4, 1, 3, 2, 0]);
  assert.equal(percentileInterval(values, 0.5), [1, 3]);
  assert.equal(percentileInterval(Float64Array.from([NaN, 2, Infinity, 0]), 0.5), [0.5, 1.5]);
  assert.is(percentileInterval(Float64Array.from([NaN])), null);
  assert.is(percentileInterval(new Float64Array(0)), null);
});

test('p-values by hand', () => {
  assert.is(twoSidedP(Float64Array.from([1, 2, 3, 4])), 2 / 5);
  assert.is(twoSidedP(Float64Array.from([1, 2, 3, -4])), 4 / 5);
  assert.is(twoSidedP(new Float64Array(99)), 1, 'no difference at all');
  assert.is(twoSidedP(Float64Array.from({ length: 999 }, () => 1e-17)), 1, 'rounding is no difference');
  assert.is(twoSidedP(Float64Array.from({ length: 9999 }, () => -0.1)), 2 / 10000);
});

test('intervals hold the truth, and p-values are uniform where there is no difference', () => {
  const random = seededRandom(11);
  const trials = 600;
  const n = 60;
  let covered = 0;
  let below = 0;
  for (let trial = 0; trial < trials; trial++) {
    const differences = Array.from({ length: n }, () => random.normal());
    const [drawn] = replicates([meanOf(differences)], n, 399, random.fork(`trial ${trial}`));
    const [low, high] = percentileInterval(drawn!)!;
    if (low <= 0 && high >= 0) covered++;
    if (twoSidedP(drawn!) <= 0.05) below++;
  }
  // Standard error of a share of .95 over 600 trials: .009. The percentile interval is known to be a little short at n = 60.
  within(covered / trials, 0.945, 0.025, 'coverage');
  within(below / trials, 0.055, 0.025, 'share of p <= .05');
});

test('the same seed gives the same values, and statistics share their draws', () => {
  const values = [1, 4, 9, 16];
  const [a, b] = replicates([meanOf(values), meanOf(values.map((value) => value + 1))], 4, 500, seededRandom(1));
  const [again] = replicates([meanOf(values)], 4, 500, seededRandom(1));
  assert.equal(a, again);
  a!.forEach((value, index) => within(b![index]! - value, 1, 1e-12));
});

test('clusters are drawn whole, and widen the interval of clips that are alike', () => {
  // Ten persons with ten clips each that differ by the person alone: as good as ten values.
  const random = seededRandom(8);
  const persons = Array.from({ length: 10 }, () => random.normal());
  const values = persons.flatMap((value) => new Array<number>(10).fill(value));
  const clusters = persons.map((_, person) => Array.from({ length: 10 }, (_, i) => person * 10 + i));
  const [drawn] = replicates([meanOf(values)], 100, 4000, seededRandom(9), clusters);
  const [ofPersons] = replicates([meanOf(persons)], 10, 4000, seededRandom(9));
  drawn!.forEach((value, i) => within(value, ofPersons![i]!, 1e-12));
  const width = ([low, high]: [number, number]) => high - low;
  const [clips] = replicates([meanOf(values)], 100, 4000, seededRandom(9));
  within(width(percentileInterval(drawn!)!) / width(percentileInterval(clips!)!), Math.sqrt(10), 0.4);
});

test.run();
