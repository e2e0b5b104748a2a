import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Score } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { analyse } from './analysis.js';
import type { ComparedRun, Comparison } from './comparison.js';
import { clipMean, madeUpComparison } from './testing/made-up-comparison.js';
import { toJson } from './to-json.js';

function run(scores: Score[], seed = 0): ComparedRun {
  return { seed, scores, curves: {}, visualTokens: 8, faceTokens: 0, secondsPerClip: 0.1, skipped: [], skippedMetrics: [] };
}

function comparison(settings: Record<string, ComparedRun[]>, clips: number, more: Partial<Comparison> = {}): Comparison {
  return {
    name: 'test',
    title: 'Test',
    created: '2026-01-01T00:00:00Z',
    compared: 'tracker',
    settings: Object.entries(settings).map(([label, runs]) => ({ label, choices: { tracker: label }, runs })),
    clips: Array.from({ length: clips }, (_, i) => ({ id: `c${i}` })),
    blind: [],
    breakdown: [],
    claims: [],
    notes: [],
    samples: [],
    environment: {},
    links: [],
    ...more,
  };
}

test('means, seeds taken together clip by clip, paired differences', () => {
  const { main } = analyse(
    comparison(
      {
        none: [run([clipMean('s', [0, 1, 2, 3])]), run([clipMean('s', [1, 2, 3, 4])], 1)],
        face: [run([clipMean('s', [1, 2, 3, 4])]), run([clipMean('s', [2, 3, 4, 5])], 1)],
      },
      4,
    ),
  );
  const [none, face] = main.rows.map(({ cells }) => cells[0]!);
  assert.is(none!.estimate!.value, 2);
  assert.equal(none!.seeds, [1.5, 2.5]);
  assert.is(none!.difference, null);
  assert.is(face!.difference!.value, 1);
  assert.equal(face!.difference!.interval, [1, 1], 'a constant difference has no spread');
  assert.is(face!.difference!.p, 2 / 10001);
  assert.is(main.comparisons, 1);
});

test('clips without a value are dropped pairwise and counted', () => {
  const { main } = analyse(
    comparison(
      {
        none: [run([clipMean('s', [null, 1, 2, 3])])],
        face: [run([clipMean('s', [9, null, 4, 6])])],
        empty: [run([clipMean('s', [null, null, null, null])])],
      },
      4,
    ),
  );
  const [none, face, empty] = main.rows.map(({ cells }) => cells[0]!);
  assert.equal([none!.estimate!.clips, none!.estimate!.value], [3, 2]);
  assert.equal([face!.estimate!.clips, face!.estimate!.value], [3, 19 / 3]);
  assert.equal([face!.difference!.clips, face!.difference!.value], [2, 2.5]);
  assert.equal([empty!.estimate, empty!.difference], [null, null]);
});

test('an aggregate is resampled as such', () => {
  // The ratio of sums is no mean of ratios.
  const [over, under] = [
    [1, 2, 3, 4],
    [2, 2, 8, 4],
  ];
  const sum = (values: readonly number[], indices: readonly number[]) => indices.reduce((total, index) => total + values[index]!, 0);
  const ratio = clipMean(
    'ratio',
    over!.map((value, i) => value / under![i]!),
    { aggregate: (indices) => sum(over!, indices) / sum(under!, indices) },
  );
  const { main } = analyse(comparison({ none: [run([ratio])] }, 4), { aggregateResamples: 300 });
  const { estimate } = main.rows[0]!.cells[0]!;
  assert.is(estimate!.value, 10 / 16);
  assert.ok(estimate!.interval![0] >= 3 / 8 && estimate!.interval![1] <= 1);
  assert.is(main.columns[0]!.resamples, 300);
});

test('one clip has a value but no interval and no p; no clip has nothing', () => {
  const one = analyse(comparison({ none: [run([clipMean('s', [1])])], face: [run([clipMean('s', [2])])] }, 1)).main;
  assert.equal(one.rows[1]!.cells[0]!.estimate, { value: 2, interval: null, clips: 1 });
  assert.is(one.rows[1]!.cells[0]!.difference!.p, null);
  assert.is(one.comparisons, 0);
  const nothing = analyse(comparison({ none: [run([clipMean('s', [])])] }, 0)).main;
  assert.is(nothing.rows[0]!.cells[0]!.estimate, null);
  assert.equal(analyse(comparison({}, 0)).main.columns, []);
});

test('a score that one setting lacks leaves a hole there and is compared elsewhere', () => {
  const { main } = analyse(
    comparison({ none: [run([clipMean('s', [1, 2])])], face: [run([clipMean('s', [2, 2]), clipMean('box', [1, 0])])] }, 2),
  );
  assert.equal(
    main.columns.map(({ score }) => score),
    ['s', 'box'],
  );
  assert.is(main.rows[0]!.cells[1]!.estimate, null);
  assert.equal([main.rows[1]!.cells[1]!.estimate!.value, main.rows[1]!.cells[1]!.difference], [0.5, null]);
});

test('the made-up data show what they were made with, by kind too', () => {
  const analysis = analyse(madeUpComparison(), { resamples: 2000, aggregateResamples: 500 });
  const events = analysis.breakdowns.find(({ score }) => score === 'events')!;
  assert.ok(events.asked && events.differs);
  assert.equal(
    events.grid.columns.map(({ kind, clips }) => [kind, clips]),
    [
      ['one-person', 30],
      ['several', 60],
      ['larger-distractor', 30],
    ],
  );
  const { tests } = analysis.claims[0]!;
  assert.equal(
    tests.map(({ verdict }) => verdict),
    ['shown', 'shown'],
  );
  // Chances of .75 and .34 a third, 30 clips, 3 seeds.
  assert.ok(Math.abs(tests[0]!.difference.value - 0.41) < 0.1);
  assert.is(tests[0]!.difference.clips, 30);
  assert.ok(Math.abs(tests[0]!.value - tests[0]!.other - tests[0]!.difference.value) < 1e-12);
});

test('a claim comes out as it comes out', () => {
  const up = clipMean(
    's',
    Array.from({ length: 20 }, (_, i) => 1 + (i % 3)),
  );
  const same = clipMean(
    's',
    Array.from({ length: 20 }, (_, i) => 1 + ((i + 1) % 3)),
  );
  const low = clipMean(
    's',
    Array.from({ length: 20 }, (_, i) => (i % 3) / 3),
  );
  const claim = { statement: 'a beats the others', score: 's', setting: 'a', against: ['same', 'low', 'gone'] };
  const settings = { a: [run([up])], same: [run([same])], low: [run([low])], bare: [run([])] };
  const results = analyse(
    comparison(settings, 20, {
      claims: [claim, { ...claim, setting: 'low', against: ['a'] }, { ...claim, kind: 'crowd', against: ['low', 'bare'] }],
    }),
  ).claims;
  assert.equal(
    results[0]!.tests.map(({ against, verdict }) => [against, verdict]),
    [
      ['same', 'not settled'],
      ['low', 'shown'],
    ],
  );
  assert.equal(results[0]!.untested, ['a against gone: gone has no s']);
  assert.is(results[1]!.tests[0]!.verdict, 'opposite');
  assert.equal(results[2]!.untested, ['a against low: no clip of kind crowd has s for both', 'a against bare: bare has no s']);
});

test('where lower is better, a claim holds with the lower value', () => {
  const score = (shift: number) =>
    clipMean(
      'errors',
      Array.from({ length: 20 }, (_, i) => shift + (i % 4)),
      { higherIsBetter: false },
    );
  const claims = [{ statement: 'a makes fewer errors', score: 'errors', setting: 'a', against: ['b'] }];
  const { claims: results } = analyse(comparison({ b: [run([score(2)])], a: [run([score(0)])] }, 20, { claims }));
  assert.is(results[0]!.tests[0]!.verdict, 'shown');
});

test('the same seed gives the same text, another seed other intervals of the same values', () => {
  const data = madeUpComparison({ clips: 24, seeds: 1 });
  const text = (seed: number) => toJson(data, analyse(data, { seed, resamples: 500, aggregateResamples: 200 }));
  assert.is(text(3), text(3));
  assert.is.not(text(3), text(4));
});

test('result.json holds the values and all that was made of them, no functions', () => {
  const data = madeUpComparison({ clips: 12, seeds: 1 });
  const parsed = JSON.parse(toJson(data, analyse(data, { resamples: 500, aggregateResamples: 200 }))) as {
    version: number;
    settings: { runs: { scores: { name: string; values: number[]; aggregated: boolean }[] }[] }[];
    analysis: { main: { rows: { label: string }[] } };
  };
  assert.is(parsed.version, 1);
  assert.equal(parsed.settings[2]!.runs[0]!.scores[0]!.values, data.settings[2]!.runs[0]!.scores[0]!.values);
  assert.ok(parsed.settings[0]!.runs[0]!.scores.find(({ name }) => name === 'autodq')!.aggregated);
  assert.equal(
    parsed.analysis.main.rows.map(({ label }) => label),
    ['none', 'largest-face', 'facetrack'],
  );
});

test("values that do not fit are the metric's fault, names that stand for two things the run's", () => {
  const fault = (data: Comparison): Fault => {
    try {
      analyse(data);
    } catch (error) {
      return error as Fault;
    }
    throw new Error('nothing was thrown');
  };
  const short = fault(comparison({ none: [run([clipMean('s', [1])])] }, 2));
  assert.is(short.code, 'PLUGIN_FAILED');
  assert.is(short.message, 'score s of none, seed 0 has 1 values for 2 clips');
  const nan = fault(comparison({ none: [run([clipMean('s', [1, NaN])])] }, 2));
  assert.equal([nan.code, nan.details.clip], ['PLUGIN_FAILED', 'c1']);
  const twice = fault(comparison({ none: [run([clipMean('s', [1]), clipMean('s', [1])])] }, 1));
  assert.equal([twice.code, twice.message], ['RUN_FAILED', 'two scores of none, seed 0 are called "s"']);
});

test('10,000 resamples of 120 clips, 7 scores, 3 settings, 3 kinds take little time', () => {
  const data = madeUpComparison();
  const start = performance.now();
  analyse(data);
  assert.ok(performance.now() - start < 5000);
});

test.run();
