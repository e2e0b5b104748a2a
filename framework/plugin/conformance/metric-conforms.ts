import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PluginConfig, PluginInputs, PluginManifest, Score, ScoredClip } from '../../contracts/index.js';
import { defaultConfig } from '../default-config.js';
import { sampleClips, sampleGrammar, sentenceJudge } from './sample-clips.js';
import { testContext } from './test-context.js';

const tolerance = 1e-9;

/**
 * Registers the tests that every metric must pass. `clips` are some that it can score, each with a perfect prediction; without them,
 * sample captions with truth, an event grammar and a sentence-matching judge serve.
 */
export function metricConforms(
  plugin: PluginManifest<'metric'>,
  options: { clips?: readonly ScoredClip[]; inputs?: Partial<PluginInputs['metric']>; config?: PluginConfig } = {},
): void {
  const clips = options.clips ?? sampleClips();
  const inputs = { judge: sentenceJudge, grammar: sampleGrammar, ...options.inputs };
  const score = async (scored: readonly ScoredClip[]): Promise<Score[]> => {
    const metric = await plugin.create(testContext(), { ...defaultConfig(plugin.config), ...options.config }, inputs);
    try {
      return await metric.score(scored);
    } finally {
      await metric.dispose();
    }
  };
  const named = (name: string, body: () => Promise<void>) => test(`metric ${plugin.name}: ${name}`, body);

  named('gives one finite value or null per clip, under unique names', async () => {
    const scores = await score(clips);
    assert.ok(scores.length > 0);
    assert.is(new Set(scores.map(({ name }) => name)).size, scores.length);
    for (const { name, values } of scores) {
      assert.is(values.length, clips.length, name);
      assert.ok(
        values.some((value) => value !== null),
        `${name} has no value at all`,
      );
      for (const value of values) assert.ok(value === null || Number.isFinite(value), `${name}: ${value}`);
    }
  });

  named('does not depend on the order of the clips', async () => {
    const there = await score(clips);
    const back = await score([...clips].reverse());
    there.forEach((one, s) => assertClose([...back[s]!.values].reverse(), one.values, one.name));
  });

  if (plugin.deterministic) {
    named('gives the same twice', async () => {
      const [a, b] = [await score(clips), await score(clips)];
      a.forEach((one, s) => assert.equal(one.values, b[s]!.values));
    });
  }

  named('an aggregate agrees with the values, with repeats and with the whole', async () => {
    for (const { name, values, aggregate } of await score([...clips, without(clips[0]!)])) {
      if (!aggregate) continue;
      values.forEach((value, i) => value !== null && near(aggregate([i]), value, `${name}, clip ${i}`));
      const all = values.map((_, i) => i);
      near(aggregate([...all, ...all]), aggregate(all), `${name}, every clip twice`);
      near(aggregate([...all].reverse()), aggregate(all), `${name}, reversed`);
      const known = all.filter((i) => values[i] !== null);
      near(aggregate(known), aggregate(all), `${name}, clips without a value`);
      assert.ok(Number.isNaN(aggregate([])), `${name} over no clips is NaN`);
    }
  });

  named('a clip that lacks what it needs has no value', async () => {
    if (!plugin.needs?.some((need) => need !== 'judge' && need !== 'grammar')) return;
    for (const { name, values } of await score([...clips, without(clips[0]!)])) assert.is(values.at(-1), null, name);
  });

  named('empty and odd predictions and no clips at all do no harm', async () => {
    for (const prediction of ['', ' ', '.', '\0', '\u2028', '😀', '<s>', 'word '.repeat(5_000)]) {
      const odd = clips.map((clip, i) => (i === 0 ? { ...clip, prediction } : clip));
      for (const { name, values } of await score(odd)) {
        assert.ok(values[0] === null || Number.isFinite(values[0]), `${name} of ${JSON.stringify(prediction.slice(0, 10))}: ${values[0]}`);
      }
    }
    for (const { values } of await score([])) assert.equal(values, []);
  });

  named('perfect captions score no worse than those of other clips', async () => {
    const perfect = await score(clips);
    const shifted = await score(clips.map((clip, i) => ({ ...clip, prediction: clips[(i + 1) % clips.length]!.prediction })));
    perfect.forEach((one, s) => {
      if (!one.caption) return;
      const better = whole(one) - whole(shifted[s]!);
      assert.ok((one.higherIsBetter ? better : -better) >= -tolerance, `${one.name}: ${whole(one)} against ${whole(shifted[s]!)}`);
    });
  });
}

/** The clip with all that a metric may need taken away. */
function without(clip: ScoredClip): ScoredClip {
  return {
    ...clip,
    principal: null,
    clip: { ...clip.clip, id: `${clip.clip.id}-bare`, references: [], truth: undefined, emotion: undefined },
  };
}

function whole({ values, aggregate }: Score): number {
  if (aggregate) return aggregate(values.map((_, i) => i));
  const known = values.filter((value) => value !== null);
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

function near(actual: number, expected: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${what}: ${actual} against ${expected}`);
}

function assertClose(actual: readonly (number | null)[], expected: readonly (number | null)[], what: string): void {
  expected.forEach((value, i) => {
    if (value === null) assert.is(actual[i], null, what);
    else near(actual[i] ?? NaN, value, `${what}, clip ${i}`);
  });
}
