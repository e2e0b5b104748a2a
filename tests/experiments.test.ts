import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault, FaultList } from '../framework/faults/index.js';
import { packageRoot } from '../framework/paths.js';
import { planExperiment } from '../framework/plan/plan-experiment.js';
import { visualTokenCount } from '../framework/plan/visual-token-count.js';
import { pluginKinds } from '../framework/plugin/index.js';
import { PluginRegistry } from '../framework/plugin/plugin-registry.js';
import { generatedPlugins } from '../framework/plugin/registry.generated.js';

const folder = join(packageRoot, 'experiments');
const groups = Object.values(pluginKinds).map(({ group }) => `${group}/`);
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.yaml') && path !== 'base.yaml' && !groups.some((group) => path.startsWith(group)))
  .sort();
const registry = new PluginRegistry(generatedPlugins);

/** Weights of others need not be on this machine; everything else of the plan must be right. */
const onlyMissing = (error: unknown) => {
  const faults = error instanceof FaultList ? error.faults : error instanceof Fault ? [error] : [];
  return faults.length > 0 && faults.every(({ code }) => code === 'ASSET_MISSING');
};

for (const file of files) {
  test(`experiments/${file} can be planned, and is told its visual tokens`, async () => {
    try {
      const { runs } = await planExperiment(join(folder, file), [], { registry });
      for (const { label, ports } of runs) {
        const { total, global, face, separators } = visualTokenCount(ports.embeddings);
        assert.ok(total! > 0 && global! + face! + separators === total, label);
      }
    } catch (error) {
      if (!onlyMissing(error)) throw error;
      console.log(`planned but for weights that are not here: ${(error as Error).message}`);
    }
  });
}

test('every option that an experiment adds to a group can be chosen', async () => {
  const options = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    groups.some((group) => path.startsWith(group)),
  );
  for (const option of options.filter((path) => path.endsWith('.yaml'))) {
    const [group, name] = option.replace(/\.yaml$/, '').split('/');
    const { runs } = await planExperiment(join(folder, 'quickstart.yaml'), [`${group}=${name}`], { registry });
    assert.is(runs.length, 3, option);
  }
});

const tokensOf = async (file: string, overrides: string[] = []) => {
  const { runs } = await planExperiment(join(folder, file), overrides, { registry });
  return runs.map(({ label, ports }) => [label, visualTokenCount(ports.embeddings).global, visualTokenCount(ports.embeddings).face]);
};

test('the ablations differ in what they are about', async () => {
  assert.equal(await tokensOf('ablations/face-tokens.yaml'), [
    ['1', 24, 8],
    ['4', 24, 32],
    ['16', 24, 128],
  ]);
  assert.equal(await tokensOf('ablations/projectors.yaml', ['projector=stc,resampler', 'tracker=none']), [
    ['stc', 4, 0],
    ['resampler', 8, 0],
  ]);
});

test('a nested encoder’s faults have their places', async () => {
  const nested = (block: string) =>
    planExperiment(join(folder, 'ablations/encoders.yaml'), ['encoder=facetrack-mm', `encoder.face-encoder=${block}`], { registry });
  for (const [block, code, key] of [
    ['{name: tiny-vitt}', 'PLUGIN_UNKNOWN', 'encoder.face-encoder.name'],
    ['{name: tiny-vit, patchh: 8}', 'CONFIG_UNKNOWN_KEY', 'encoder.face-encoder.patchh'],
    ['{name: tiny-vit, frame-width: 50}', 'PORT_MISMATCH', 'encoder.face-encoder.frame-width'],
    ['{name: tiny-vit}', 'PORT_MISMATCH', 'encoder.face-encoder'],
    ['{patch: 8}', 'CONFIG_MISSING', 'encoder.face-encoder.name'],
  ] as const) {
    try {
      await nested(block);
      assert.unreachable(block);
    } catch (error) {
      if (!(error instanceof FaultList)) throw error;
      assert.equal(
        error.faults.map((fault) => [fault.code, fault.details.key, fault.details.where?.source]),
        [[code, key, 'command line, argument 2']],
        block,
      );
    }
  }
});

test.run();
