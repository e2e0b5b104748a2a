import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Container } from 'inversify';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parts, services } from '../container/tokens.js';
import { watchDraws } from '../container/watch-draws.js';
import type { Encoder, HostArray, PluginContext } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import type { RunPlan } from '../plan/run-plan.js';
import { testContext } from '../plugin/conformance/index.js';
import { seededRandom } from '../plugin/index.js';
import { testBackend } from '../tensor/test-backend.js';
import { testAnswers, testModel, testSettings } from '../training/test-model.js';
import { tune } from '../training/tune.js';
import { frozenFeatures } from './frozen-features.js';
import { EncodeAhead } from './encode-ahead.js';
import type { DigestedClip, Perception } from './perceive.js';
import { pixelBlobs } from './pixel-blobs.js';
import { StageCache } from './stage-cache.js';
import { visualSource } from './visual-source.js';

const fresh = () => mkdtempSync(join(tmpdir(), 'mienlab-features-'));
const clipsOf = (count: number): DigestedClip[] =>
  Array.from({ length: count }, (_, i) => ({
    clip: { id: `clip-${i}`, video: '', split: 'train', instruction: 'Which?', references: [testAnswers[i % 2]!] },
    digest: `digest-${i}`,
  }));

/** Token t of time s of a clip is [first byte of the time step, t, scale]. */
const twoTokens = (calls: string[], scale = 1): Encoder => ({
  variables: {},
  encode: () => assert.unreachable() as never,
  extract: async ({ frames }) => {
    calls.push(frames.shape.join('x'));
    const [clips, time] = frames.shape as [number, number];
    const firsts = Array.from({ length: clips * time }, (_, i) => frames.data[i * 12]!);
    if (firsts.includes(66)) throw new Error('I refuse');
    const data = Float32Array.from(firsts.flatMap((first) => [first === 77 ? NaN : first, 0, scale, first, 1, scale]));
    return { frames: { data, shape: [clips, time, 2, 3] }, faces: null };
  },
  dispose: () => void calls.push('disposed'),
});

interface Bench {
  cache: StageCache;
  perception: Perception;
  clips: DigestedClip[];
  run(changes?: Partial<Changes>): ReturnType<typeof frozenFeatures>;
}

interface Changes {
  config: Record<string, unknown>;
  seed: number;
  train: Record<string, unknown>;
  keep: string;
  onError: string;
  tokens: number;
  signal: AbortSignal;
  backend: string;
  create: (context: PluginContext) => Encoder;
}

function planOf(changes: Partial<Changes> = {}): RunPlan {
  const { config = {}, seed = 0, train = {}, keep = 'float32', onError = 'skip', tokens = 2 } = changes;
  const manifest = (kind: string) => ({ kind, name: kind, version: '1.0.0', deterministic: true, input: () => ({ frame: {}, face: {} }) });
  const plugin = (kind: string) => ({ manifest: manifest(kind), config });
  return {
    settings: { seed, checkpoint: '', train: { ...testSettings, ...train }, encode: { keep }, data: { 'on-error': onError }, video: {} },
    plugins: { encoder: plugin('encoder'), detector: plugin('detector'), tracker: plugin('tracker') },
    ports: {
      frames: { type: 'frames', dims: { count: 3, height: 2, width: 2 } },
      faces: null,
      tokens: { type: 'visual-tokens', dims: { time: 3, 'frame-tokens': tokens, 'face-tokens': 0, width: null } },
    },
  } as unknown as RunPlan;
}

function containerOf(create: Changes['create'], { seed = 0, signal }: Partial<Changes> = {}): Container {
  const context = testContext(seed);
  const container = new Container();
  container.bind(services.log).toConstantValue(context.log);
  container.bind(services.progress).toConstantValue(context.progress);
  container.bind(services.signal).toConstantValue(signal ?? context.signal);
  container
    .bind(parts.encoder)
    .toResolvedValue(() => watchDraws(context, create))
    .inSingletonScope()
    .onDeactivation((encoder) => encoder.dispose());
  return container;
}

/** Clips of 3 time steps of 2 x 2 pixels; all bytes of clip i are `bytes[i]`, or i. */
function bench(count: number, create: Changes['create'], bytes: Record<number, number> = {}): Bench {
  const cache = new StageCache(fresh(), '', 'use');
  const { frames } = pixelBlobs(planOf(), cache, 'n');
  const clips = clipsOf(count);
  clips.forEach(({ digest }, i) => frames.write(digest, new Uint8Array(36).fill(bytes[i] ?? i)));
  const perception: Perception = { clips: new Map(), faults: new Map(), frames, faces: null };
  const run = (changes: Partial<Changes> = {}) => {
    const container = containerOf(changes.create ?? create, changes);
    return frozenFeatures({ plan: planOf(changes), container, clips, cache, backend: changes.backend ?? 'cpu', nonce: 'n' });
  };
  return { cache, perception, clips, run };
}

const plan = planOf();

test('tokens are made once, in batches of one shape, by an encoder that is then disposed of; a second run makes none', async () => {
  const calls: string[] = [];
  const { run, perception, clips } = bench(5, () => twoTokens(calls));
  const features = (await run())!;
  // One look at black pictures, then twice 2 clips and one that is filled up.
  assert.equal(calls, [...Array<string>(4).fill('2x3x2x2x3'), 'disposed']);
  assert.ok(features.ms! >= 0);
  const again = (await run())!;
  assert.is(calls.length, 5);
  assert.is(again.key, features.key);
  assert.is(again.ms, null);
  const { 'frame-tokens': tokens, ...rest } = visualSource(plan, perception, again, clips).batch([4, 0]);
  assert.equal(rest, {});
  assert.equal(tokens!.shape, [2, 3, 2, 3]);
  assert.equal([...(tokens as HostArray).data.slice(0, 6)], [4, 0, 1, 4, 1, 1]);
  assert.equal([...(tokens as HostArray).data.slice(18, 24)], [0, 0, 1, 0, 1, 1]);
});

test('what settles the tokens is in the key: option, checkpoint file, backend, precision, and the seed where it was drawn from', async () => {
  const calls: string[] = [];
  const { run } = bench(1, () => twoTokens(calls));
  const file = join(fresh(), 'model.onnx');
  writeFileSync(file, 'weights');
  const config = { layer: 1, checkpoint: file };
  const keyOf = async (changes: Partial<Changes>) => (await run({ config, ...changes }))!.key;
  const first = await keyOf({});
  assert.is(await keyOf({ seed: 5 }), first, 'no draw, no seed');
  const others = [await keyOf({ config: { ...config, layer: 2 } }), await keyOf({ backend: 'wasm' }), await keyOf({ keep: 'float16' })];
  utimesSync(file, 1, 1);
  others.push(await keyOf({}));
  const drawing = (context: PluginContext) => twoTokens(calls, context.random.fork('weights').next());
  others.push(await keyOf({ create: drawing, config: { drawn: 1 } }), await keyOf({ create: drawing, config: { drawn: 1 }, seed: 1 }));
  assert.is(new Set([first, ...others]).size, 1 + others.length);
});

test('an encoder that some stage trains has no kept tokens, nor has one without a training that is to run in every step', async () => {
  const { run } = bench(1, () => testModel(testAnswers).encoder);
  if (!(await testBackend('cpu'))) return;
  assert.is(await run(), null);
  assert.is(await run({ train: { stages: [{ name: 'a', frozen: ['encoder'] }, { name: 'b' }] } }), null);
  assert.is(await run({ train: { frozen: ['encoder'] }, keep: 'none' }), null);
  const frozen = await run({
    train: {
      stages: [
        { name: 'a', frozen: ['encoder'] },
        { name: 'b', trainable: ['projector'] },
      ],
    },
    tokens: 1,
  });
  assert.not(frozen!.withoutEncoder, 'its variables go into checkpoints');
  const refused = await bench(1, () => twoTokens([]))
    .run({ keep: 'none' })
    .catch((error: Fault) => error);
  assert.is((refused as Fault).code, 'CONFIG_VALUE');
});

test('a clip that fails is named and left out, or ends the run; where all fail, the encoder is to blame', async () => {
  const broken = { 2: 66, 4: 77 };
  const { run, clips, cache } = bench(6, () => twoTokens([]), broken);
  const { faults, key } = (await run())!;
  assert.equal(
    [...faults].map(([id, { code, details }]) => [id, code, details.clip]),
    [
      ['clip-2', 'PLUGIN_FAILED', 'clip-2'],
      ['clip-4', 'TENSOR_NAN', 'clip-4'],
    ],
  );
  const blobs = cache.blobs('frame-tokens', key, 3 * 2 * 3 * 4);
  assert.equal(
    clips.map(({ digest }) => blobs.has(digest)),
    [true, true, false, true, false, true],
  );
  assert.is((await run())!.faults.size, 2, 'alone, they still are no fault of the encoder');
  const ended = (await bench(6, () => twoTokens([]), broken)
    .run({ onError: 'fail' })
    .catch((error: Fault) => error)) as Fault;
  assert.equal([ended.code, ended.details.clip], ['PLUGIN_FAILED', 'clip-2']);
  const all = (await bench(3, () => twoTokens([]), { 0: 66, 1: 66, 2: 66 })
    .run()
    .catch((error: Fault) => error)) as Fault;
  assert.match(all.message, 'I refuse');
});

test('tokens of other sizes than the manifest says are a fault, and so are pixels that are gone', async () => {
  const { run, perception } = bench(2, () => twoTokens([]));
  const wrong = (await run({ tokens: 5 }).catch((error: Fault) => error)) as Fault;
  assert.is(wrong.code, 'TENSOR_SHAPE');
  assert.match(wrong.details.expected!, '[3, 5, ?]');
  truncateSync(join(perception.frames.folder, 'digest-1'), 7);
  const { faults } = (await run())!;
  assert.equal(
    [...faults].map(([id, { code }]) => [id, code]),
    [['clip-1', 'RUN_FAILED']],
  );
});

test('an interrupted run keeps what it made, and goes on from there', async () => {
  const controller = new AbortController();
  const calls: string[] = [];
  const interrupting = (): Encoder => {
    const encoder = twoTokens(calls);
    return {
      ...encoder,
      extract: (pixels) => {
        if (calls.length === 2) controller.abort();
        return encoder.extract!(pixels);
      },
    };
  };
  const { run } = bench(12, interrupting);
  const ended = (await run({ signal: controller.signal }).catch((error: Fault) => error)) as Fault;
  assert.is(ended.code, 'INTERRUPTED');
  assert.match(ended.message, '4 of 12');
  calls.length = 0;
  await run({ create: () => twoTokens(calls) });
  assert.equal(calls, [...Array<string>(4).fill('2x3x2x2x3'), 'disposed'], 'eight clips were left');
});

test('clips are encoded while others are still seen; what is left then is left to the run', async () => {
  const calls: string[] = [];
  const { cache, clips } = bench(9, () => assert.unreachable() as never);
  const plan = planOf({ train: { frozen: ['encoder'] } });
  const trained = planOf();
  const shared = { cache, backend: 'cpu', nonce: 'n' };
  const container = containerOf(() => twoTokens(calls));
  const ahead = new EncodeAhead([trained, plan], { ...shared, clips: 9, containers: new Map([[plan, container]]) });
  for (const clip of clips.slice(0, 5)) {
    ahead.seen(trained, clip);
    ahead.seen(plan, clip);
  }
  while (calls.length < 3) await setTimeout(5);
  await setTimeout(20);
  const { plan: whose, encoded } = await ahead.end();
  assert.is(whose, plan);
  // In pairs: the fifth waits for a sixth.
  assert.is(encoded.clips, 4);
  assert.is(calls.length, 3, 'a look at black pictures, and two pairs');
  calls.length = 0;
  const features = (await frozenFeatures({ ...shared, plan, container, clips, ahead: encoded }))!;
  assert.equal(calls, [...Array<string>(3).fill('2x3x2x2x3'), 'disposed']);
  assert.ok(features.ms! > 0, 'all were encoded in this run');
  const idle = new EncodeAhead([trained], { ...shared, clips: 9, containers: new Map() });
  assert.equal(await idle.end(), { plan: undefined, encoded: { clips: 0, ms: 0 } });
});

test('float16 keeps what a half can hold, rounded, and refuses the rest', async () => {
  const { run, perception, clips } = bench(2, () => twoTokens([], 1.0009), {});
  const { data } = visualSource(plan, perception, await run({ keep: 'float16' }), clips).batch([1])['frame-tokens']!;
  assert.equal([...data.slice(0, 3)], [1, 0, 1.0009765625]);
  const large = (await bench(1, () => twoTokens([], 70000))
    .run({ keep: 'float16' })
    .catch((error: Fault) => error)) as Fault;
  assert.match(large.details.hint!, 'float32');
});

test('a training on kept tokens is the training that runs the frozen encoder in every step', async () => {
  for (const backend of ['tensorflow', 'wasm'] as const) {
    if (!(await testBackend(backend))) continue;
    const bytes = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [i, 20 * i + 7]));
    const { run, perception, clips } = bench(10, () => testModel(testAnswers).encoder, bytes);
    const settings = { ...testSettings, frozen: ['encoder'], steps: 12 };
    const features = await run({ train: { frozen: ['encoder'] }, tokens: 1, backend });
    const losses = async (given: typeof features) => {
      const model = testModel(testAnswers);
      const curve: (number | null)[] = [];
      const { log, progress, signal } = testContext();
      await tune({
        model,
        // Room for three clips: the others are read anew each time.
        source: visualSource(plan, perception, given, clips, 3 * 36),
        samples: clips.map(({ clip }) => ({ instruction: clip.instruction, answer: clip.references[0]!, clip: clip.id })),
        rows: clips.map((_, i) => i),
        clips: clips.map(({ clip }) => clip.id),
        settings,
        random: seededRandom(1),
        ...{ log, progress, signal },
        onStep: ({ loss, auxiliary, gradientNorm }) => void curve.push(loss, auxiliary, gradientNorm),
      });
      for (const part of Object.values(model)) part.dispose();
      return curve;
    };
    const expected = await losses(null);
    const found = await losses(features);
    assert.is(found.length, 3 * 18);
    found.forEach((value, i) => {
      const off = Math.abs((value ?? 0) - (expected[i] ?? 0));
      assert.ok(off <= 1e-5 * Math.max(1, Math.abs(expected[i] ?? 0)), `${backend}: value ${i} is ${value}, not ${expected[i]}`);
    });
  }
});

test('killed at any moment, a store holds whole blobs alone', async () => {
  const folder = fresh();
  const store = pathToFileURL(join(dirname(fileURLToPath(import.meta.url)), 'blob-store.js')).href;
  const code = `const { BlobStore } = await import(${JSON.stringify(store)});
    const blobs = new BlobStore(${JSON.stringify(folder)}, 3 << 20);
    for (let i = 0; ; i++) blobs.write('blob-' + (i % 40), new Uint8Array(3 << 20).fill(1 + (i % 200)));`;
  for (const ms of [150, 190, 230]) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'ignore' });
    while (!readdirSync(folder).some((name) => name.startsWith('blob-'))) await setTimeout(5);
    await setTimeout(ms);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    const named = readdirSync(folder).filter((name) => name.startsWith('blob-'));
    assert.ok(named.length);
    for (const name of named) assert.is(statSync(join(folder, name)).size, 3 << 20);
  }
});

test.run();
