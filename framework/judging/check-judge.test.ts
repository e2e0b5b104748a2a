import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Judge, Relation } from '../contracts/index.js';
import { testContext } from '../plugin/conformance/test-context.js';
import { checkJudge } from './check-judge.js';
import { readEventPairs } from './event-pairs.js';
import { judgeCheckText } from './judge-check-text.js';

const { captions } = readEventPairs();
const pairs = captions.flat();
const labels = new Map(pairs.map(({ caption, event, relation }) => [`${caption}\n${event}`, relation]));

const judgeOf = (answer: (event: string, caption: string) => Relation): Judge => ({
  id: 'test judge',
  events: async () => [],
  relations: async (events, caption) => events.map((event) => answer(event, caption)),
  dispose: () => {},
});
const check = (judge: Judge, limit?: number) => checkJudge(judge, { ...testContext(), captions: limit });

test('the pairs: 200 or more, each once, of every relation', () => {
  assert.ok(pairs.length >= 200);
  assert.is(labels.size, pairs.length);
  const sorts = new Set(pairs.filter(({ relation }) => relation === 'contradiction').map(({ sort }) => sort));
  assert.equal([...sorts].sort(), ['direction', 'emotion', 'negation', 'order', 'person', 'side']);
});

test('a judge that is always right has kappa 1', async () => {
  const { accuracy, kappa, n, failed, aboveChance, sameAnswer } = await check(
    judgeOf((event, caption) => labels.get(`${caption}\n${event}`)!),
  );
  assert.equal([accuracy, kappa], Array(2).fill({ value: 1, interval: [1, 1] }));
  assert.equal([n, failed, aboveChance, sameAnswer], [pairs.length, 0, true, null]);
});

test('a judge that says one thing always is called useless, whatever its accuracy', async () => {
  const result = await check(judgeOf(() => 'contradiction'));
  assert.is(result.accuracy.value, result.majority);
  assert.is(result.kappa.value, 0);
  assert.is(result.sameAnswer, 'contradiction');
  assert.is(result.aboveChance, false);
  assert.match(judgeCheckText(result), /says "contradiction" whatever it is asked\.\nUSELESS/);
});

test('kappa by hand: (observed - chance) / (1 - chance)', async () => {
  const judge = judgeOf((event, caption) => (labels.get(`${caption}\n${event}`) === 'entailment' ? 'entailment' : 'neutral'));
  const { kappa, confusion } = await check(judge);
  const n = pairs.length;
  const [e, u, c] = ['entailment', 'neutral', 'contradiction'].map((one) => pairs.filter(({ relation }) => relation === one).length);
  const chance = (e! * e! + u! * (n - e!)) / n ** 2;
  assert.ok(Math.abs(kappa.value - ((e! + u!) / n - chance) / (1 - chance)) < 1e-12);
  assert.equal(confusion, [
    [e, 0, 0],
    [0, u, 0],
    [0, c, 0],
  ]);
});

test('pairs without an answer are counted apart; without any answer it fails', async () => {
  const flaky = judgeOf((event) => {
    if (/smiles/.test(event)) throw new Error('no answer');
    return 'neutral';
  });
  const { n, failed, failure } = await check(flaky, 5);
  assert.is(n + failed, captions.slice(0, 5).flat().length);
  assert.ok(failed > 0);
  assert.is(failure, 'no answer');
  const silent = judgeOf(() => {
    throw new Error('nobody there');
  });
  try {
    await check(silent, 2);
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, 'nobody there');
  }
});

test.run();
