import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { faultOf } from '../../faults/testing/fault-of.js';
import { seededRandom } from '../../plugin/index.js';
import { BeamSearch } from './beam-search.js';
import { generateTokens, type GenerateTokensInputs } from './generate-tokens.js';
import { argmaxOf, penalizeRepetition, sampleToken, samplingCandidates } from './process-logits.js';
import { TableSession } from './table-session.js';

interface Reference {
  first: number[][];
  second: number[][];
  third: number[][];
  processed: {
    options: { temperature?: number; top_k?: number; top_p?: number; repetition_penalty?: number };
    logits: number[];
    seen: number[];
    probabilities: number[];
  }[];
  searched: {
    prompts: number[][];
    beams: number;
    lengthPenalty: number;
    repetitionPenalty: number;
    ends: number[];
    most: number;
    ids: number[][];
    scores?: number[];
  }[];
}
const reference = JSON.parse(
  readFileSync(new URL('../../../../tests/data/generation-reference.json', import.meta.url), 'utf8'),
) as Reference;
const tableLogits = (tokens: readonly number[]) => {
  const { first, second, third } = reference;
  const last = tokens.at(-1)!;
  const place = tokens.length % first.length;
  return first[last]!.map((value, id) => (value + second[tokens.at(-2) ?? last]![id]! + third[place]![id]!) / 1024);
};

const greedy = { maxNewTokens: 20, temperature: 0, topK: 0, topP: 1 };
const letters = (ids: readonly number[]) => ids.map((id) => 'abcdefghijkl'[id]).join('');
type Given = Partial<Omit<GenerateTokensInputs, 'options'>> & { options?: Partial<GenerateTokensInputs['options']> };
/** Over the reference's table by default. */
function run(prompts: number[][], { options, ...given }: Given = {}) {
  const width = options?.beams ?? 1;
  const session = new TableSession(
    prompts.flatMap((prompt) => Array.from({ length: width }, () => prompt)),
    12,
    tableLogits,
  );
  const randoms = prompts.map((prompt) => seededRandom(1).fork(prompt.join()));
  return generateTokens({ session, prompts, endIds: [10], decode: letters, randoms, ...given, options: { ...greedy, ...options } });
}
test('processed logits have the probabilities that transformers gives', () => {
  for (const { options, logits, seen, probabilities } of reference.processed) {
    const scores = Float32Array.from(logits);
    penalizeRepetition(scores, new Set(seen), options.repetition_penalty ?? 1);
    const candidates = samplingCandidates(scores, {
      temperature: options.temperature ?? 1,
      topK: options.top_k ?? 0,
      topP: options.top_p ?? 1,
    });
    const found = new Float64Array(logits.length);
    for (const { id, probability } of candidates) found[id] = probability;
    probabilities.forEach((probability, id) => {
      assert.ok(Math.abs(found[id]! - probability) < 2e-6, `${JSON.stringify(options)}, token ${id}: ${found[id]} is not ${probability}`);
      // What is cut off is gone, and not only unlikely.
      if (probability > 1e-6) assert.ok(found[id]! > 0);
      if (options.top_p && probability === 0) assert.is(found[id], 0);
    });
  }
});

test('greedy and beam search give the tokens and scores of transformers', async () => {
  assert.ok(reference.searched.length > 100);
  for (const { prompts, beams, lengthPenalty, repetitionPenalty, ends, most, ids, scores } of reference.searched) {
    const what = JSON.stringify({ prompts, beams, lengthPenalty, repetitionPenalty, ends, most });
    const found = await run(prompts, { endIds: ends, options: { maxNewTokens: most, beams, lengthPenalty, repetitionPenalty } });
    assert.equal(
      found.map((sequence) => sequence.ids),
      ids.map((row) => (ends.includes(row.at(-1)!) ? row.slice(0, -1) : row)),
      what,
    );
    assert.equal(
      found.map(({ ending }) => ending),
      ids.map((row) => (ends.includes(row.at(-1)!) ? 'end' : 'length')),
      what,
    );
    if (!scores) continue;
    // The same search without a session, for its scores.
    prompts.forEach((prompt, i) => {
      const search = new BeamSearch({
        beams,
        lengthPenalty,
        repetitionPenalty,
        prompt,
        endTokens: ends.length,
        ends: (row) => ends.includes(row.at(-1)!),
      });
      for (let step = 1; search.open && search.continuable; step++) {
        search.step(
          search.running.map((beam) => Float32Array.from(tableLogits([...prompt, ...beam.ids]))),
          step === most,
        );
      }
      assert.ok(Math.abs(search.best.score - scores[i]!) < 2e-5, `${what}: ${search.best.score} is not ${scores[i]}`);
    });
  }
});

test('with enough beams the search finds what brute force finds', async () => {
  // Four tokens, the last one ends; five at most. 256 beams hold all that is open.
  const tables = Array.from({ length: 6 }, (_, i) => seededRandom(i));
  for (const random of tables) {
    const weights = Array.from({ length: 5 }, () => Array.from({ length: 4 }, () => random.normal()));
    const logitsOf = (tokens: readonly number[]) =>
      weights[tokens.at(-1)!]!.map((weight, id) => weight + 0.3 * Math.cos(tokens.length + id));
    const logProbability = (tokens: readonly number[], id: number) => {
      const logits = logitsOf(tokens);
      return logits[id]! - Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    };
    let best: { ids: number[]; score: number } = { ids: [], score: -Infinity };
    const explore = (ids: number[], sum: number) => {
      if (ids.at(-1) === 3 || ids.length === 5) {
        if (sum / ids.length > best.score) best = { ids, score: sum / ids.length };
        return;
      }
      for (let id = 0; id < 4; id++) explore([...ids, id], sum + logProbability([4, ...ids], id));
    };
    explore([], 0);
    const session = new TableSession(Array<number[]>(256).fill([4]), 4, logitsOf);
    const options = { ...greedy, maxNewTokens: 5, beams: 256 };
    const [found] = await generateTokens({ session, prompts: [[4]], endIds: [3], decode: letters, randoms: [], options });
    assert.equal(found!.ids, best.ids.at(-1) === 3 ? best.ids.slice(0, -1) : best.ids);
  }
});

test('what a sequence gets does not depend on the batch that it lies in', async () => {
  const prompts = [[1, 2], [3], [7, 4], [5, 5], [8]];
  for (const options of [{}, { temperature: 1.3 }, { temperature: 0.8, topK: 6, topP: 0.9, repetitionPenalty: 1.2 }, { beams: 3 }]) {
    const together = await run(prompts, { options });
    const alone = (await Promise.all(prompts.map((prompt) => run([prompt], { options })))).flat();
    assert.equal(together, alone);
    assert.equal((await run([...prompts].reverse(), { options })).reverse(), together);
    assert.equal(await run(prompts, { options }), together);
  }
  const draws = (seed: number) =>
    run(prompts, { options: { temperature: 2 }, randoms: prompts.map((_, i) => seededRandom(seed).fork(`${i}`)) });
  assert.not.equal(await draws(1), await draws(2));
});

test('tokens come as often as they are likely', () => {
  const logits = Float32Array.from([Math.log(0.1), Math.log(0.6), Math.log(0.3)]);
  const random = seededRandom(2);
  for (const [options, expected] of [
    [{ temperature: 1, topK: 0, topP: 1 }, [0.1, 0.6, 0.3]],
    [{ temperature: 0.5, topK: 0, topP: 1 }, [0.01 / 0.46, 0.36 / 0.46, 0.09 / 0.46]],
    [{ temperature: 1, topK: 2, topP: 1 }, [0, 2 / 3, 1 / 3]],
    [{ temperature: 1, topK: 0, topP: 0.5 }, [0, 1, 0]],
    [{ temperature: 1, topK: 0, topP: 0.7 }, [0, 2 / 3, 1 / 3]],
  ] as const) {
    const shares = [0, 0, 0];
    for (let i = 0; i < 20_000; i++) shares[sampleToken(logits, options, random)]! += 1 / 20_000;
    expected.forEach((share, id) => assert.ok(Math.abs(shares[id]! - share) < 0.015, `${shares} should be ${expected}`));
  }
});

test('large vocabularies: the cuts are those of a plain sort', () => {
  const random = seededRandom(5);
  const logits = Float32Array.from({ length: 5000 }, () => Math.round(random.normal() * 40) / 1024);
  const sorted = [...logits].sort((a, b) => b - a);
  for (const topK of [1, 3, 50, 600, 4999, 5000, 9000]) {
    const kept = samplingCandidates(logits, { temperature: 1, topK, topP: 1 });
    const least = sorted[Math.min(topK, 5000) - 1]!;
    assert.is(kept.length, sorted.filter((score) => score >= least).length, `top-k ${topK}`);
  }
  const total = sorted.reduce((sum, score) => sum + Math.exp(score), 0);
  for (const topP of [0.001, 0.3, 0.9, 0.999]) {
    const kept = samplingCandidates(logits, { temperature: 1, topK: 0, topP });
    let mass = 0;
    let count = 0;
    while (mass < topP * total) mass += Math.exp(sorted[count++]!);
    assert.is(kept.length, count, `top-p ${topP}`);
    assert.ok(Math.abs(kept.reduce((sum, { probability }) => sum + probability, 0) - 1) < 1e-9);
  }
  assert.is(argmaxOf(Float32Array.from([1, 3, 3])), 1);
});

test('sequences end one by one; the batch goes on until all have; nothing is appended in vain', async () => {
  // Counts down from the last token of the prompt; 0 ends.
  const countdown = (tokens: readonly number[]) => Array.from({ length: 9 }, (_, id) => (id === Math.max(0, tokens.at(-1)! - 1) ? 5 : 0));
  const session = new TableSession([[3], [6], [1]], 9, countdown);
  const tokens: [number, number][] = [];
  const inputs = { session, prompts: [[3], [6], [1]], endIds: [0], decode: letters, randoms: [], options: greedy };
  const found = await generateTokens({ ...inputs, onToken: (sequence, token) => tokens.push([sequence, token]) });
  assert.equal(
    found.map(({ ids }) => ids),
    [[2, 1], [5, 4, 3, 2, 1], []],
  );
  assert.ok(found.every(({ ending }) => ending === 'end'));
  assert.equal(
    tokens.filter(([sequence]) => sequence === 1).map(([, token]) => token),
    [5, 4, 3, 2, 1],
  );
  assert.is(tokens.length, 7);
  assert.is(session.calls.filter((call) => call === 'append').length, 5);
  // The cheap way is taken where it serves.
  assert.not.ok(session.calls.includes('logits'));

  for (const [most, room, expected] of [
    [2, 100, 2],
    [20, 3, 4],
    [20, 0, 1],
    [0, 10, 0],
  ] as const) {
    const short = new TableSession([[8]], 9, countdown, room);
    const [only] = await generateTokens({ ...inputs, session: short, prompts: [[8]], options: { ...greedy, maxNewTokens: most } });
    assert.is(only!.ids.length, expected);
    assert.is(only!.ending, 'length');
    const beams = new TableSession([[8], [8]], 9, countdown, room);
    const [best] = await generateTokens({
      ...inputs,
      session: beams,
      prompts: [[8]],
      options: { ...greedy, maxNewTokens: most, beams: 2 },
    });
    assert.ok(best!.ids.length <= expected);
  }
});

test('stop strings end an answer before them, also across tokens, and are found in beams', async () => {
  const pieces = ['The man', ' smi', 'les. ', 'No', 'te: x', '<end>', '\n\n', 'Note'];
  const decode = (ids: readonly number[]) => ids.map((id) => pieces[id]).join('');
  const order = [0, 1, 2, 3, 4, 6, 5];
  const logitsOf = (tokens: readonly number[]) => pieces.map((_, id) => (id === order[tokens.length - 1] ? 6 : 0));
  for (const beams of [1, 2]) {
    const generate = (stop: string[]) => {
      const session = new TableSession(Array<number[]>(beams).fill([7]), 8, logitsOf);
      return generateTokens({
        session,
        prompts: [[7]],
        endIds: [5],
        decode,
        randoms: [],
        options: { ...greedy, stop, beams, lengthPenalty: 0 },
      });
    };
    const [crossing] = await generate(['Note:', '\n\n']);
    assert.equal(crossing, { ids: [0, 1, 2, 3, 4], text: 'The man smiles. ', ending: 'stop' });
    const [first] = await generate(['', 'x', 'man']);
    assert.equal(first, { ids: [0], text: 'The ', ending: 'stop' });
    const [none] = await generate(['nowhere']);
    assert.equal(none, { ids: [0, 1, 2, 3, 4, 6], text: 'The man smiles. Note: x\n\n', ending: 'end' });
  }
});

test('long answers are searched for stop strings in no more than their share of time', async () => {
  let decoded = 0;
  const decode = (ids: readonly number[]) => {
    decoded += ids.length;
    return letters(ids);
  };
  const session = new TableSession(
    [[1]],
    12,
    (tokens) => Array.from({ length: 12 }, (_, id) => Number(id === (tokens.length * 7) % 12)),
    4000,
  );
  const options = { ...greedy, maxNewTokens: 3000, stop: ['zzz'] };
  const [found] = await generateTokens({ session, prompts: [[1]], endIds: [], decode, randoms: [], options });
  assert.is(found!.ids.length, 3000);
  assert.ok(decoded < 3000 * 20, `${decoded} tokens were decoded`);
});

test('an abort, logits that are no numbers, and options that exclude each other are faults', async () => {
  const abort = new AbortController();
  const endless = run([[1]], { endIds: [], signal: abort.signal, options: { maxNewTokens: 500 }, onToken: () => abort.abort() });
  assert.is((await faultOf(endless)).code, 'INTERRUPTED');
  const broken = () => new TableSession([[1], [2]], 3, (tokens) => (tokens[0] === 2 ? [0, NaN, 1] : [0, 1, 2]));
  for (const options of [{ temperature: 1 }, { repetitionPenalty: 2 }]) {
    const fault = await faultOf(run([[1], [2]], { session: broken(), options }));
    assert.is(fault.code, 'TENSOR_NAN');
    assert.match(fault.message, 'sequence 1');
  }
  assert.is((await faultOf(run([[1]], { options: { beams: 2, temperature: 1 } }))).code, 'CONFIG_VALUE');
  assert.is((await faultOf(run([[1]], { session: broken() }))).code, 'TENSOR_SHAPE');
  assert.equal(await run([]), []);
});

test.run();
