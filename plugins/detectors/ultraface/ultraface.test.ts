import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { detectorConforms, drawnPeople, foundInClip, manifestConforms, sourceFolder, testContext } from 'mienlab/conformance';
import type { Detector } from 'mienlab/contracts';
import type { Fault } from 'mienlab/faults';
import { defaultConfig } from 'mienlab/plugin';
import { keptPackagePath } from 'mienlab/tensor';
import { boxIou } from 'mienlab/video';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import plugin from './plugin.js';

const folder = sourceFolder(import.meta.url);
const path = join(folder, '../../../../shared/models/ultraface-rfb-640.onnx');
manifestConforms(plugin, folder);

const open = (config: Record<string, unknown> = {}) =>
  plugin.create(testContext(), { ...defaultConfig(plugin.config), path, ...config }, {}) as Promise<Detector>;

const drawn = drawnPeople(320, 240, [
  [{ x: 160, y: 100, radius: 40 }],
  [
    { x: 80, y: 110, radius: 30 },
    { x: 240, y: 90, radius: 24 },
  ],
  [],
]);

let ready = true;
try {
  keptPackagePath('onnxruntime', 'package.json');
  if (!existsSync(path)) throw new Error(`${path} is not here`);
} catch (error) {
  ready = false;
  console.log(`skipped: ${(error as Error).message}`);
}
const testWithNetwork = ready ? test : test.skip;
if (ready) detectorConforms(plugin, { frames: drawn.frames, config: { path } });

testWithNetwork('drawn faces are found where they are, and nothing else', async () => {
  const detector = await open();
  const found = await detector.detect(drawn.frames);
  await detector.dispose();
  drawn.faces.forEach((faces, frame) => {
    assert.is(found[frame]!.length, faces.length, `frame ${frame}`);
    for (const face of faces) assert.ok(found[frame]!.some(({ box }) => boxIou(box, face) > 0.4));
  });
});

for (const clip of ['04-two-faces-head-tilt', '10-two-faces-speech'] as const) {
  testWithNetwork(`every face in 8 frames of the real clip ${clip}, and no other`, async () => {
    const detector = await open();
    const seen = await foundInClip(detector, clip);
    await detector.dispose();
    if (seen) assert.equal(seen, { annotated: 16, found: 16, surplus: 0 });
  });
}

testWithNetwork('a size that is not the network’s, and no file at all', async () => {
  const detector = await open({ width: 320, height: 240 }).catch((error: Fault) => error);
  if ('code' in detector) assert.is(detector.code, 'CHECKPOINT_INVALID');
  else {
    const fault = await detector.detect(drawn.frames).catch((error: Fault) => error);
    assert.is((fault as Fault).code, 'PLUGIN_FAILED');
    await detector.dispose();
  }
  const missing = await open({ path: '/nowhere.onnx' }).catch((error: Fault) => error);
  assert.is((missing as Fault).code, 'ASSET_MISSING');
});

test.run();
