import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Clip, ClipTruth, Dataset, EventGrammar, PluginConfig, PluginManifest } from '../../contracts/index.js';
import { defaultConfig } from '../default-config.js';
import { manifestConforms } from './manifest-conforms.js';
import { testContext } from './test-context.js';

/**
 * Registers the tests that every dataset plugin must pass: those of any plugin, and that its clips are what the contract says (unique ids, files
 * that are there, the same clips in the same order again, whole truth, splits without common people). `folder` is the plugin's source folder,
 * `config` what its clips are made with, over the defaults: keep it small.
 */
export function datasetConforms(plugin: PluginManifest<'dataset'>, folder: string, config: PluginConfig): void {
  manifestConforms(plugin, folder);
  const whole = { ...defaultConfig(plugin.config), ...config };
  const context = testContext();
  const name = `dataset ${plugin.name}`;
  let dataset: Dataset;
  let clips: readonly Clip[] = [];

  test(`${name}: gives clips`, async () => {
    dataset = await plugin.create(context, whole, {});
    clips = await dataset.clips();
    assert.ok(clips.length > 0);
    assert.equal(plugin.produces(whole, {}), { type: 'clips', dims: {} });
  });

  test(`${name}: clips are whole`, () => {
    for (const clip of clips) {
      assert.match(clip.id, /^[A-Za-z0-9._-]+$/);
      assert.ok(isAbsolute(clip.video) && existsSync(clip.video), `${clip.id}: no file ${clip.video}`);
      assert.ok(['train', 'validation', 'test'].includes(clip.split), `${clip.id}: split ${clip.split}`);
      assert.ok(clip.instruction.trim(), `${clip.id}: no instruction`);
      for (const text of clip.references) assert.ok(typeof text === 'string' && text.trim(), `${clip.id}: an empty reference`);
    }
    assert.is(new Set(clips.map(({ id }) => id)).size, clips.length);
  });

  test(`${name}: the same clips in the same order, again and anew`, async () => {
    assert.equal(await dataset.clips(), clips);
    const anew = await plugin.create(context, whole, {});
    assert.equal(await anew.clips(), clips);
    await anew.dispose();
  });

  test(`${name}: the truth is whole`, () => {
    for (const { id, truth } of clips) if (truth) checkTruth(truth, id, dataset.grammar);
  });

  test(`${name}: no person is in two splits`, () => {
    const splitOf = new Map<string, string>();
    for (const { split, truth } of clips) {
      for (const { id } of truth?.people ?? []) {
        assert.is(splitOf.get(id) ?? split, split, `${id} is in two splits`);
        splitOf.set(id, split);
      }
    }
  });

  test(`${name}: disposes`, async () => {
    await dataset.dispose();
  });
}

function checkTruth(truth: ClipTruth, clip: string, grammar?: EventGrammar): void {
  const { times, people, principal, actions } = truth;
  assert.ok(ascending(times), `${clip}: times do not ascend`);
  const ids = people.map(({ id }) => id);
  assert.is(new Set(ids).size, ids.length, `${clip}: two people share an id`);
  assert.ok(ids.includes(principal), `${clip}: nobody is the principal ${principal}`);
  for (const { id, boxes } of people) {
    assert.is(boxes.length, times.length, `${clip}: ${id} has ${boxes.length} boxes for ${times.length} frames`);
    for (const box of boxes) assert.ok(!box || (box.width > 0 && box.height > 0), `${clip}: ${id} has an empty box`);
  }
  assert.ok(ascending(actions.map(({ start }) => start)), `${clip}: actions are not in order of start`);
  for (const { person, action, start, end } of actions) {
    assert.ok(ids.includes(person), `${clip}: nobody is ${person}`);
    assert.ok(start <= end, `${clip}: ${action} ends before it starts`);
    assert.ok(!grammar || grammar.actions.some((known) => known.name === action), `${clip}: the grammar knows no ${action}`);
  }
}

function ascending(values: readonly number[]): boolean {
  return values.every((value, i) => i === 0 || value >= values[i - 1]!);
}
