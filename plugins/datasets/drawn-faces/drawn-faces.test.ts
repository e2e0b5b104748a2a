import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { datasetConforms, sourceFolder, testContext } from 'mienlab/conformance';
import type { Clip, EventGrammar } from 'mienlab/contracts';
import { defaultConfig } from 'mienlab/plugin';
import { decodeFrames } from 'mienlab/video';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { prominence } from './layout.js';
import { readOptions } from './options.js';
import plugin from './plugin.js';
import { clipKinds, kindsOf, writeScript } from './script.js';

const small = { train: 6, validation: 2, test: 4 };
datasetConforms(plugin, sourceFolder(import.meta.url), small);

const config = (over: object = {}) => ({ ...defaultConfig(plugin.config), ...over });
const actionsOfAll = { ...(config()['actions'] as object), blink: 1, 'look-surprised': 1 };

/** Reads a caption by a grammar: the actions that each part's sentence says. */
function read(caption: string, grammar: EventGrammar): string[][] {
  const sentences = caption.toLowerCase().split(/(?<=[.])\s+/);
  return grammar.parts.map(({ markers }) => {
    const own = sentences.filter((sentence) => markers.some((marker) => sentence.startsWith(marker))).join(' ');
    return grammar.actions.filter(({ patterns }) => patterns.some((pattern) => new RegExp(pattern).test(own))).map(({ name }) => name);
  });
}

const scripts = (over: object = {}) => {
  const options = readOptions(config({ train: 700, validation: 50, test: 250, ...over }));
  const all = (['train', 'validation', 'test'] as const).flatMap((split) =>
    kindsOf(split, options).map((kind, index) => ({ split, index, ...writeScript(options, split, index, kind) })),
  );
  return { options, all };
};
const { options, all } = scripts({ actions: actionsOfAll });
const dataset = await plugin.create(testContext(), config(), {});

test('the grammar reads every caption as the truth has it', () => {
  for (const { truth, caption } of all) {
    const own = truth.actions.filter(({ person }) => person === truth.principal).map(({ action }) => [action]);
    assert.is(own.length, 3);
    assert.equal(read(caption, dataset.grammar!), own, caption);
    assert.is(read(caption.split('\n')[0]!, dataset.grammar!).flat().length, 0);
  }
});

test('captions have four lines of at most 45 words in all', () => {
  for (const { caption } of all) {
    assert.is(caption.split('\n').length, 4);
    assert.ok(caption.split(/\s+/).length <= 45, caption);
  }
});

test('the principal leads by 1.25 times, and is never hidden', () => {
  for (const { truth } of all) {
    const values = new Map(truth.people.map(({ id, boxes }) => [id, prominence(boxes, options.width, options.height)]));
    for (const [id, value] of values) if (id !== truth.principal) assert.ok(values.get(truth.principal)! >= 1.25 * value);
    assert.ok(truth.people.find(({ id }) => id === truth.principal)!.boxes.every(Boolean));
  }
});

test('kinds have their shares and are what they say', () => {
  const share = (kind: string) => all.filter((script) => script.kind === kind).length / all.length;
  assert.ok(Math.abs(share('one-person') - 0.25) < 0.005 && Math.abs(share('larger-distractor') - 0.26) < 0.005);
  for (const { kind, truth } of all) {
    assert.ok(clipKinds.includes(kind));
    assert.is(truth.people.length === 1, kind === 'one-person');
    const side = (id: string) => Math.max(...truth.people.find((person) => person.id === id)!.boxes.map((box) => box?.width ?? 0));
    const larger = truth.people.some(({ id }) => side(id) > side(truth.principal));
    assert.is(larger, kind === 'larger-distractor');
  }
});

test('people come, go, and hide each other; no two share an id', () => {
  const ids = all.flatMap(({ truth }) => truth.people.map(({ id }) => id));
  assert.is(new Set(ids).size, ids.length);
  const boxes = all.flatMap(({ truth }) => truth.people.map((person) => person.boxes));
  assert.ok(boxes.filter((own) => !own[0] && own.at(-1)).length > 20, 'come');
  assert.ok(boxes.filter((own) => own[0] && !own.at(-1)).length > 20, 'go');
  assert.ok(boxes.filter((own) => own[0] && own.at(-1) && own.includes(null)).length > 20, 'hidden for a while');
});

test('every action is drawn about as often as its weight says', () => {
  const counts = new Map<string, number>();
  for (const { truth } of all) for (const { action } of truth.actions) counts.set(action, (counts.get(action) ?? 0) + 1);
  const total = [...counts.values()].reduce((sum, count) => sum + count);
  for (const [action, count] of counts) {
    const expected = action === 'neutral' ? 0.195 : 0.0805;
    assert.ok(Math.abs(count / total - expected) < 0.02, `${action}: ${(count / total).toFixed(3)}`);
  }
  assert.is(counts.size, 11);
});

test('another seed draws other people and scenes, the same one the same', () => {
  const first = (seed: number) => writeScript(readOptions(config({ seed })), 'test', 0, 'several');
  assert.equal(first(3).truth, first(3).truth);
  assert.not.equal(first(3).truth.people[0]!.boxes, first(4).truth.people[0]!.boxes);
});

test('options that nothing can be drawn with are named', () => {
  const faultKey = (over: object) => {
    try {
      const read = readOptions(config(over));
      for (let i = 0; i < 5; i++) writeScript(read, 'train', i, 'larger-distractor');
    } catch (error) {
      return (error as { details?: { key?: string } }).details?.key;
    }
    return undefined;
  };
  assert.is(faultKey({ people: [0, 0, 0] }), 'data.people');
  assert.is(faultKey({ length: 0.5, 'frame-rate': 1 }), 'data.length');
  assert.is(faultKey({ width: 64, height: 640, occlusion: 0 }), 'data.occlusion');
});

const context = testContext();
let drawn: readonly Clip[] = [];

test('videos are real ones with the frames that the truth speaks of', async () => {
  drawn = await (await plugin.create(context, config({ train: 3, test: 1 }), {})).clips();
  for (const { video, truth } of drawn) {
    const frames = await decodeFrames(video, { frames: 24 });
    assert.equal([frames.width, frames.height, frames.duration], [240, 180, 3]);
    assert.equal(frames.times, truth!.times);
  }
});

test('goes on where it stopped, and mends what is missing', async () => {
  const folder = join(context.folder(), readdirSync(context.folder())[0]!, 'videos');
  const kept = join(folder, 'train-00001.mp4');
  const before = statSync(kept).mtimeMs;
  const lost = readFileSync(join(folder, 'train-00002.mp4'));
  rmSync(join(folder, 'train-00002.mp4'));
  writeFileSync(join(folder, 'train-00002.mp4.4194305.part'), 'half');
  assert.equal(await (await plugin.create(context, config({ train: 3, test: 1 }), {})).clips(), drawn);
  assert.is(statSync(kept).mtimeMs, before);
  assert.ok(readFileSync(join(folder, 'train-00002.mp4')).equals(lost));
  assert.equal(
    readdirSync(folder).filter((name) => name.endsWith('.part')),
    [],
  );
});

test('an abort stops it, and what is drawn stays', async () => {
  const controller = new AbortController();
  const stopped = { ...testContext(), signal: controller.signal };
  let seen = 0;
  stopped.progress = {
    start: () => ({
      done: (count) => {
        seen = count;
        if (count === 2) controller.abort(new Error('stopped'));
      },
      end: () => {},
    }),
  };
  const error: unknown = await (
    await plugin.create(stopped, config({ train: 40, test: 0 }), {})
  )
    .clips()
    .catch((reason: unknown) => reason);
  assert.is((error as Error).message, 'stopped');
  const videos = join(stopped.folder(), readdirSync(stopped.folder())[0]!, 'videos');
  const left = readdirSync(videos).filter((name) => name.endsWith('.mp4')).length;
  assert.ok(left >= 2 && left < 40 && seen < 40);
});

test.run();
