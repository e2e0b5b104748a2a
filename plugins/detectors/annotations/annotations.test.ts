import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { detectorConforms, manifestConforms, sourceFolder, testContext } from 'mienlab/conformance';
import type { ClipTruth, Detection, Detector, Frames } from 'mienlab/contracts';
import type { Fault } from 'mienlab/faults';
import { defaultConfig } from 'mienlab/plugin';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import plugin from './plugin.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-annotations-'));
test.after(() => rmSync(folder, { recursive: true }));
const mot = join(folder, 'walk.txt');
writeFileSync(mot, '1,1,10,10,20,20,1,-1,-1,-1\n1,2,50,10,20,20,0.5\n3,-1,11,10,20,20\n3,-1,52,10,20,20\n');
writeFileSync(join(folder, 'talk.json'), JSON.stringify({ frames: [[{ box: [1, 2, 3, 4], score: 0.25 }], [], [{ box: [5, 6, 7, 8] }]] }));

manifestConforms(plugin, sourceFolder(import.meta.url));
detectorConforms(plugin, { config: { path: mot, 'false-rate': 1.5, noise: 0.1 } });

const frames = (count: number): Frames => ({
  width: 100,
  height: 80,
  data: new Uint8Array(count * 100 * 80 * 3),
  times: Array.from({ length: count }, (_, i) => i / 25),
});
const truth: ClipTruth = {
  times: [0, 1],
  people: [
    {
      id: 'a',
      boxes: [
        { x: 0, y: 0, width: 10, height: 10 },
        { x: 25, y: 0, width: 10, height: 10 },
      ],
    },
    { id: 'b', boxes: [null, { x: 60, y: 20, width: 20, height: 20 }] },
  ],
  principal: 'a',
  actions: [],
};

async function detect(config: Record<string, unknown>, count = 4, known: Parameters<Detector['detect']>[1] = {}): Promise<Detection[][]> {
  const detector = (await plugin.create(testContext(), { ...defaultConfig(plugin.config), ...config }, {})) as Detector;
  return detector.detect(frames(count), known);
}

test('a MOT file, one of detections as well, and a JSON file, alone or in a folder', async () => {
  const walk = await detect({ path: mot });
  assert.equal(
    walk.map((faces) => faces.map(({ box, score }) => [box.x, score])),
    [
      [
        [10, 1],
        [50, 0.5],
      ],
      [],
      [
        [11, 1],
        [52, 1],
      ],
      [],
    ],
  );
  assert.equal(await detect({ path: folder }, 4, { clip: 'walk' }), walk);
  assert.equal(await detect({ path: folder }, 3, { clip: 'talk' }), [
    [{ box: { x: 1, y: 2, width: 3, height: 4 }, score: 0.25 }],
    [],
    [{ box: { x: 5, y: 6, width: 7, height: 8 }, score: 1 }],
  ]);
});

test('the truth, between annotated frames in proportion; the frame rate of files', async () => {
  const faces = await detect({}, 26, { clip: 'x', truth });
  assert.equal(faces[0], [{ box: { x: 0, y: 0, width: 10, height: 10 }, score: 1 }]);
  assert.ok(Math.abs(faces[10]![0]!.box.x - 10) < 1e-9);
  assert.is(faces[25]!.length, 2);
  assert.is((await detect({ path: mot, 'frame-rate': 50 }, 2))[1]!.length, 2, 'frame 3 stands at 2 / 50 s');
});

test('misses, false faces and noise at their rates, the same under a seed, whatever comes together', async () => {
  const known = { clip: 'x', truth };
  const count = 800;
  const missed = (await detect({ 'drop-rate': 0.25 }, count, known)).filter((faces, i) => i < 12 && faces.length === 0).length;
  assert.ok(missed > 0 && missed < 9);
  const all = (await detect({}, count, known)).flat().length;
  const kept = (await detect({ 'drop-rate': 0.25 }, count, known)).flat().length;
  assert.ok(Math.abs(kept / all - 0.75) < 0.04, String(kept / all));
  const more = (await detect({ 'false-rate': 1.5 }, count, known)).flat().length - all;
  assert.ok(Math.abs(more / count - 1.5) < 0.08, String(more / count));
  const shaken = await detect({ noise: 0.1 }, count, known);
  const off = shaken.slice(30).map((faces) => faces.find(({ box }) => box.x < 45)!.box.x + 5 - 30);
  const spread = Math.sqrt(off.reduce((sum, x) => sum + x * x, 0) / off.length);
  assert.ok(spread > 0.8 && spread < 1.3, `a tenth of 10 pixels, and what the size adds: ${spread}`);
  const config = { noise: 0.1, 'drop-rate': 0.2, 'false-rate': 0.5, seed: 3 };
  assert.equal(await detect(config, 40, known), (await detect(config, count, known)).slice(0, 40));
  assert.not.equal(await detect(config, 40, known), await detect({ ...config, seed: 4 }, 40, known));
});

test('no truth, no file, a wrong file', async () => {
  writeFileSync(join(folder, 'bad.json'), '{"frames": [[{"box": [1, 2, -3, 4]}]]}');
  writeFileSync(join(folder, 'worse.json'), '[]');
  for (const [config, known, code] of [
    [{}, { clip: 'x' }, 'DATASET_INVALID'],
    [{ path: folder }, { clip: 'absent' }, 'DATASET_MISSING'],
    [{ path: folder }, { clip: 'bad' }, 'TRACKS_INVALID'],
    [{ path: folder }, { clip: 'worse' }, 'TRACKS_INVALID'],
  ] as const) {
    const fault = await detect(config, 1, known).catch((error: Fault) => error);
    assert.is((fault as Fault).code, code);
  }
});

test.run();
