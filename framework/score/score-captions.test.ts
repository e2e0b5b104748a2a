import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AnyPlugin, Score } from '../contracts/index.js';
import { faultOf } from '../faults/testing/fault-of.js';
import { definePlugin, seededRandom } from '../plugin/index.js';
import { PluginRegistry, type PluginTable } from '../plugin/plugin-registry.js';
import { parseCaptionFile } from '../text/captions/caption-file.js';
import { scoreCaptions, type ScoreRequest } from './score-captions.js';
import { scoresAsJson } from './scores-as-json.js';
import { scoresAsText } from './scores-as-text.js';

/** Share of the reference's words that the prediction has; no value for a caption with "unjudged". */
const words = definePlugin({
  kind: 'metric',
  name: 'words',
  version: '1.0.0',
  contract: 1,
  summary: 'Words.',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: { factor: { type: 'number', default: 1, description: 'Times this.' } },
  },
  consumes: ['captions'],
  produces: () => ({ type: 'scores', dims: {} }),
  needs: ['references'],
  deterministic: true,
  licence: { code: 'Apache-2.0' },
  create: (_context, config) => ({
    score: async (clips): Promise<Score[]> => [
      {
        name: 'words',
        values: clips.map(({ clip, prediction }) => {
          const wanted = clip.references[0]!.split(' ');
          const said = new Set(prediction.split(' '));
          return said.has('unjudged')
            ? null
            : ((config['factor'] as number) * wanted.filter((word) => said.has(word)).length) / wanted.length;
        }),
        higherIsBetter: true,
        caption: true,
        note: 'a note',
      },
    ],
    dispose: () => {},
  }),
});
const judged = definePlugin({ ...words, name: 'judged', needs: ['references', 'judge'] });

const kinds = { dataset: {}, detector: {}, tracker: {}, encoder: {}, projector: {}, 'llm-head': {}, judge: {} };
const metric = { words: async () => ({ default: words as AnyPlugin }), judged: async () => ({ default: judged as AnyPlugin }) };
const registry = new PluginRegistry({ ...kinds, metric } as PluginTable);
const services = {
  registry,
  log: { info: () => {}, warn: () => {} },
  progress: { start: () => ({ done: () => {}, end: () => {} }) },
  signal: new AbortController().signal,
};

const random = seededRandom(3);
const vocabulary = 'a man woman smiles frowns nods blinks slowly then looks up down left right again'.split(' ');
const sentence = () => Array.from({ length: 8 }, () => vocabulary[random.integer(vocabulary.length)]!).join(' ');
const references = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`c${i}`, sentence()]));
/** Every other word of the reference. */
const half = Object.fromEntries(
  Object.entries(references).map(([id, text]) => [
    id,
    text
      .split(' ')
      .filter((_, i) => i % 2)
      .join(' '),
  ]),
);
const source = (captions: unknown, label: string) => ({ label, entries: parseCaptionFile(JSON.stringify(captions), label) });

const request = (more: Partial<ScoreRequest> = {}): ScoreRequest => ({
  references: source(references, 'r.json'),
  predictions: source(half, 'p.json'),
  against: [],
  metrics: [{ name: 'words', options: {} }],
  judge: null,
  allowMissing: false,
  baselines: true,
  resamples: 500,
  seed: 1,
  ...more,
});

test('a score stands with its interval, n, and the baselines; the same seed gives the same', async () => {
  const scores = await scoreCaptions(request(), services);
  const [one] = scores.metrics;
  const { value, interval, n, mean } = one!.estimate!;
  const own = one!.score.values as number[];
  assert.ok(Math.abs(value - own.reduce((sum, x) => sum + x, 0) / 60) < 1e-12);
  assert.equal([n, one!.failed, mean], [60, 0, value]);
  assert.ok(interval![0] < value && value < interval![1]);
  assert.equal(
    one!.rivals.map(({ label, tests }) => [label, tests !== null]),
    [
      ['constant', true],
      ['other', true],
      ['cut', false],
    ],
  );
  // The other clip's reference shares words by chance alone.
  assert.ok(one!.rivals[1]!.estimate!.value < value);
  assert.equal(scoresAsJson(await scoreCaptions(request(), services), request()), scoresAsJson(scores, request()));
});

test('paired tests find a difference between systems, none between equal ones, and correct for their number', async () => {
  const against = [source(references, 'all.json'), source(half, 'same.json')];
  const scores = await scoreCaptions(request({ against }), services);
  const [all, same] = scores.metrics[0]!.rivals.map(({ tests }) => tests!);
  assert.ok(all!.difference < 0 && all!.interval![1] < 0);
  assert.ok(all!.p!.bootstrap < 0.01 && all!.p!.permutation < 0.01 && all!.p!.wilcoxon < 0.01);
  assert.ok(all!.effect! < -1);
  assert.equal([same!.difference, same!.p, same!.effect], [0, { bootstrap: 1, permutation: 1, wilcoxon: 1 }, null]);
  assert.is(scores.comparisons, 4);
  assert.ok(all!.holm! >= all!.benjaminiHochberg! && all!.benjaminiHochberg! >= all!.p!.bootstrap);
  // What n can show is 2.80 standard errors, and the interval 3.92 of them wide.
  const width = all!.interval![1] - all!.interval![0];
  assert.ok(Math.abs(all!.detectable! / width - 2.8016 / 3.92) < 0.1);
});

test('an item without a value is counted, not scored 0', async () => {
  const scores = await scoreCaptions(request({ predictions: source({ ...half, c7: 'unjudged' }, 'p.json') }), services);
  const [one] = scores.metrics;
  assert.equal([one!.estimate!.n, one!.failed, one!.score.values[7]], [59, 1, null]);
  assert.is(one!.rivals[0]!.tests!.n, 59);
  const json = scoresAsJson(scores, request()) as { items: Record<string, unknown>; metrics: Record<string, { failed: number }> };
  assert.equal([json.items['c7'], json.metrics['words']!.failed], [{ words: null }, 1]);
  assert.match(scoresAsText(scores, { width: 120, perItem: true }), /59 \(1 not scored\)/);
});

test('clusters widen the interval, and are said', async () => {
  const entries = Object.entries(references).map(([id, caption], i) => ({ id, caption, person: i % 4 }));
  const clustered = await scoreCaptions(request({ references: source(entries, 'r.json') }), services);
  assert.equal(clustered.clusters, { field: 'person', count: 4 });
  assert.match(scoresAsText(clustered, { width: 120, perItem: false }), /4 clusters of clips with the same person/);
  const plain = await scoreCaptions(request({ references: source(entries, 'r.json'), cluster: 'none' }), services);
  assert.is(plain.clusters, null);
  assert.not.equal(plain.metrics[0]!.estimate!.interval, clustered.metrics[0]!.estimate!.interval);
});

test('a metric without its judge is skipped with the reason; unknown metrics and options are faults', async () => {
  const { skipped, metrics } = await scoreCaptions(
    request({
      metrics: [
        { name: 'judged', options: {} },
        { name: 'words', options: { factor: 2 } },
      ],
    }),
    services,
  );
  assert.equal(skipped, [{ metric: 'judged', reason: 'no judge is chosen (judge=NAME)' }]);
  assert.ok(metrics[0]!.estimate!.value > 0.9);
  const unknown = await faultOf(scoreCaptions(request({ metrics: [{ name: 'wrods', options: {} }] }), services));
  assert.equal([unknown.code, unknown.details.nearest], ['PLUGIN_UNKNOWN', 'words']);
  try {
    await scoreCaptions(request({ metrics: [{ name: 'words', options: { factro: 2 } }] }), services);
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, 'factro');
  }
});

test('one item has a value and no interval, and no baselines but its own cut', async () => {
  const one = (captions: Record<string, string>) => ({ c0: captions['c0'] });
  const scores = await scoreCaptions(
    request({ references: source(one(references), 'r.json'), predictions: source(one(half), 'p.json') }),
    services,
  );
  assert.equal(
    scores.baselines.map(({ label }) => label),
    ['cut'],
  );
  assert.equal([scores.metrics[0]!.estimate!.interval, scores.comparisons], [null, 0]);
});

test.run();
