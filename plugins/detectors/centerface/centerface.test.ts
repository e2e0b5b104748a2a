import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { detectorConforms, drawnPeople, foundInClip, manifestConforms, sourceFolder, testContext } from 'mienlab/conformance';
import type { Detector } from 'mienlab/contracts';
import type { Fault } from 'mienlab/faults';
import { defaultConfig } from 'mienlab/plugin';
import { keptPackagePath, resolveCheckpoint } from 'mienlab/tensor';
import { boxIou } from 'mienlab/video';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));

const open = (config: Record<string, unknown> = {}) =>
  plugin.create(testContext(), { ...defaultConfig(plugin.config), ...config }, {}) as Promise<Detector>;

async function faultOf(config: Record<string, unknown>): Promise<Fault> {
  try {
    await (await open(config)).dispose();
  } catch (error) {
    return error as Fault;
  }
  return assert.unreachable() as never;
}

const drawn = drawnPeople(240, 180, [
  [{ x: 120, y: 80, radius: 32 }],
  [
    { x: 60, y: 90, radius: 26 },
    { x: 180, y: 70, radius: 22 },
  ],
  [],
  [{ x: 200, y: 110, radius: 38 }],
]);

let ready = true;
try {
  keptPackagePath('onnxruntime', 'package.json');
  resolveCheckpoint('centerface', (path) => path);
} catch (error) {
  ready = false;
  console.log(`skipped: ${(error as Error).message}`);
}
const testWithNetwork = ready ? test : test.skip;
if (ready) detectorConforms(plugin, { frames: drawn.frames });

testWithNetwork('drawn faces are found where they are, with eyes and mouth, and nothing else is', async () => {
  const detector = await open();
  const found = await detector.detect(drawn.frames);
  drawn.faces.forEach((faces, frame) => {
    assert.is(found[frame]!.length, faces.length, `frame ${frame}`);
    for (const face of faces) {
      const [best] = found[frame]!.filter(({ box }) => boxIou(box, face) > 0.4);
      assert.ok(best, `a face of frame ${frame}`);
      const [right, left, nose, mouth] = best.landmarks!;
      assert.ok(right![0] < nose![0] && nose![0] < left![0] && right![1] < nose![1] && nose![1] < mouth![1]);
    }
  });
  for (const [config, counts] of [
    [{ batch: 4 }, [1, 2, 0, 1]],
    [{ 'max-faces': 1 }, [1, 1, 0, 1]],
    [{ 'max-size': 60 }, [1, 2, 0, 0]],
    [{ 'max-side': 160 }, [1, 2, 0, 1]],
  ] as const) {
    const other = await open(config);
    assert.equal(
      (await other.detect(drawn.frames)).map(({ length }) => length),
      counts,
      JSON.stringify(config),
    );
    await other.dispose();
  }
  await detector.dispose();
});

for (const clip of ['04-two-faces-head-tilt', '10-two-faces-speech'] as const) {
  testWithNetwork(`every face in 8 frames of the real clip ${clip}, and no other`, async () => {
    const detector = await open();
    const seen = await foundInClip(detector, clip);
    await detector.dispose();
    if (seen) assert.equal(seen, { annotated: 16, found: 16, surplus: 0 });
  });
}

testWithNetwork('a file that is not there, and one that is another', async () => {
  assert.is((await faultOf({ path: '/nowhere/centerface.onnx' })).code, 'ASSET_MISSING');
  const file = join(testContext().folder(), 'other.onnx');
  writeFileSync(file, 'no network');
  assert.is((await faultOf({ path: file })).code, 'CHECKPOINT_INVALID');
});

test.run();
