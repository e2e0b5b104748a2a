import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Detection, Detector, Frames, PluginManifest } from '../../contracts/index.js';
import type { BackendName } from '../../tensor/backend/index.js';
import { tensorflow } from '../../tensor/index.js';
import { testBackend } from '../../tensor/test-backend.js';
import { defaultConfig } from '../default-config.js';
import { seededRandom } from '../seeded-random.js';
import { testContext } from './test-context.js';

export interface DetectorCheck {
  /** On top of the schema's defaults; what the schema requires must be here. */
  config?: Readonly<Record<string, unknown>>;
  /** Frames that show faces, at least 3; noise where not given, in which a detector may well find nothing. */
  frames?: Frames;
  /** The tensor backend to test on. Default wasm, which every machine has. */
  backend?: BackendName;
}

function noise(): Frames {
  const random = seededRandom(11);
  const [width, height, times] = [96, 64, [0, 0.5, 1]];
  return { width, height, times, data: Uint8Array.from({ length: times.length * height * width * 3 }, () => random.integer(256)) };
}

function assertSound(faces: readonly Detection[]): void {
  let last = 1;
  for (const { box, score, landmarks } of faces) {
    assert.ok(score >= 0 && score <= last, `a score of ${score} after one of ${last}: 0..1, highest first`);
    last = score;
    assert.ok([box.x, box.y, box.width, box.height].every(Number.isFinite), 'a box with a number that is not finite');
    assert.ok(box.width > 0 && box.height > 0, 'a box without width or height');
    assert.ok((landmarks ?? []).flat().every(Number.isFinite), 'a key point that is not finite');
  }
}

/** Registers the tests that every detector must pass. */
export function detectorConforms(plugin: PluginManifest<'detector'>, check: DetectorCheck = {}): void {
  const frames = check.frames ?? noise();
  const config = { ...defaultConfig(plugin.config), ...check.config };
  const title = (what: string) => `detector ${plugin.name}: ${what}`;

  /** Opens the detector on the backend, and closes it however the test ends. */
  const withDetector = (run: (detector: Detector) => Promise<void>) => async () => {
    if (!(await testBackend(check.backend ?? 'wasm'))) return;
    const before = tensorflow().memory().numTensors;
    const detector = await plugin.create(testContext(), config, {});
    try {
      await run(detector);
    } finally {
      await detector.dispose();
    }
    assert.is(tensorflow().memory().numTensors, before, 'tensors are left after dispose()');
  };

  test(title('its port'), () => {
    assert.equal(plugin.produces(config, {}), { type: 'detections', dims: {} });
    assert.equal([...plugin.consumes], ['frames']);
  });

  test(
    title('one answer per frame, sound faces, the frames as they were'),
    withDetector(async (detector) => {
      const data = frames.data.slice();
      const faces = await detector.detect(frames);
      assert.is(faces.length, frames.times.length);
      faces.forEach(assertSound);
      assert.equal(frames.data, data);
    }),
  );

  test(
    title('no frames, no answers'),
    withDetector(async (detector) => {
      assert.equal(await detector.detect({ width: frames.width, height: frames.height, times: [], data: new Uint8Array(0) }), []);
    }),
  );

  test(
    title('the same frames give the same faces, and no tensor is left'),
    withDetector(async (detector) => {
      const faces = await detector.detect(frames);
      const before = tensorflow().memory().numTensors;
      const again = await detector.detect(frames);
      assert.is(tensorflow().memory().numTensors, before, 'detect() leaves tensors behind');
      if (plugin.deterministic) assert.equal(again, faces);
    }),
  );
}
