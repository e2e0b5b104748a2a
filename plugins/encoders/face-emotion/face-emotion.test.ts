import type { Encoder, HostArray, VisualFeatures } from 'mienlab/contracts';
import { encoderConforms, frozenEncoderConforms, manifestConforms, sourceFolder, testBackend, testContext } from 'mienlab/conformance';
import type { Fault } from 'mienlab/faults';
import { CompiledExtractor, keptPackagePath } from 'mienlab/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { emotions, side } from './emotions.js';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));

function isSetUp(): boolean {
  try {
    return keptPackagePath('human-models', 'models', 'emotion.bin') !== '';
  } catch (error) {
    console.log(`most of this skipped: ${(error as Fault).message}; ${(error as Fault).details.hint}`);
    return false;
  }
}

async function extract(config: Record<string, string>, frames: HostArray): Promise<VisualFeatures> {
  const ports = { frames: { type: 'frames', dims: { count: 1, height: side, width: side } }, faces: null };
  const encoder = (await plugin.create(testContext(), config, { ports })) as Encoder;
  const extractor = new CompiledExtractor(encoder);
  const tokens = await extractor.extract({ frames, faces: null });
  extractor.dispose();
  encoder.dispose();
  return tokens;
}

/** Ramps of brightness, one colour of them stronger than the others. */
function images(colours: readonly (readonly [number, number, number])[]): HostArray {
  const size = side * side * 3;
  const at = (i: number) => Math.round(colours[Math.floor(i / size)]![i % 3]! * ((i % size) / size) * 255);
  return { data: Uint8Array.from({ length: colours.length * size }, (_, i) => at(i)), shape: [colours.length, 1, side, side, 3] };
}

if (isSetUp()) {
  for (const output of ['probabilities', 'logits']) frozenEncoderConforms(plugin, { output });
  encoderConforms(plugin);

  for (const backend of ['tensorflow', 'wasm'] as const) {
    test(`${backend}: probabilities are the softmax of the logits, and colour counts by its brightness alone`, async () => {
      if (!(await testBackend(backend))) return;
      // 0.2989 / 0.587 of green is as bright as all of red.
      const pixels = images([
        [1, 0, 0],
        [0, 0.2989 / 0.587, 0],
      ]);
      const [probabilities, logits] = [await extract({ output: 'probabilities' }, pixels), await extract({ output: 'logits' }, pixels)];
      const rows = (data: ArrayLike<number>) => [0, 1].map((row) => Array.from(data).slice(row * 7, (row + 1) * 7));
      const expected = rows(logits.frames.data).map((row) => {
        const powers = row.map((value) => Math.exp(value - Math.max(...row)));
        return powers.map((power) => power / powers.reduce((sum, one) => sum + one));
      });
      rows(probabilities.frames.data).forEach((row, i) => {
        assert.is(row.length, emotions.length);
        row.forEach((value, j) => assert.ok(Math.abs(value - expected[i]![j]!) < 1e-5));
      });
      const [red, green] = rows(logits.frames.data);
      red!.forEach((value, j) => assert.ok(Math.abs(value - green![j]!) < 0.1, `${value} and ${green![j]}`));
    });
  }
}

test.run();
