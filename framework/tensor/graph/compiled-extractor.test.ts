import type { Tensor4D, Tensor5D } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Encoder, HostArray, VisualBytes } from '../../contracts/index.js';
import { seededRandom } from '../../plugin/index.js';
import { CompiledExtractor, gelu, linear, normalVariable, tensorflow, tidy } from '../index.js';
import { testBackend } from '../test-backend.js';

const [height, width, tokens, inner] = [4, 6, 2, 5];

/** Upper and lower half of an image each a token; counts its calls. `untraceable` makes it read values. */
function halvesEncoder({ untraceable = false, seed = 1, perImage = false } = {}): Encoder & { calls: number } {
  const weights = normalVariable(seededRandom(seed), [(height / tokens) * width * 3, inner], 0.1);
  const shift = tensorflow().tensor1d([1, 2, 3, 4, 5]);
  const encode = (images: Tensor5D): Tensor4D => {
    const tf = tensorflow();
    const [clips, time] = images.shape;
    const flat = tf.div(tf.reshape(images, [clips * time * tokens, -1]), 255) as Tensor5D;
    if (untraceable) flat.dataSync();
    return tf.reshape(gelu(linear(flat, weights, shift)), [clips, time, tokens, inner]);
  };
  const encoder = {
    calls: 0,
    perImage,
    variables: { weights },
    encode: ({ frames, faces }: { frames: Tensor5D; faces: Tensor5D | null }) => {
      encoder.calls++;
      return tidy(() => ({ frames: encode(frames), faces: faces && encode(faces) }));
    },
    dispose: () => tensorflow().dispose([weights, shift]),
  };
  return encoder;
}

function pixels(clips: number, time: number, seed: number): HostArray {
  const random = seededRandom(seed);
  const shape = [clips, time, height, width, 3];
  return { data: Uint8Array.from({ length: clips * time * height * width * 3 }, () => random.integer(256)), shape };
}

async function expected(encoder: Encoder, { frames, faces }: VisualBytes) {
  const tf = tensorflow();
  const tensor = ({ data, shape }: HostArray) => tf.tensor5d(data, shape as [number, number, number, number, number], 'float32');
  return tidy(() => {
    const found = encoder.encode({ frames: tensor(frames), faces: faces && tensor(faces) });
    return { frames: [...found.frames.dataSync()], faces: found.faces && [...found.faces.dataSync()] };
  });
}

function close(actual: HostArray, wanted: readonly number[], tolerance: number) {
  assert.is(actual.data.length, wanted.length);
  wanted.forEach((value, i) => assert.ok(Math.abs(actual.data[i]! - value) <= tolerance * Math.max(1, Math.abs(value)), `at ${i}`));
}

for (const backend of ['tensorflow', 'wasm', 'cpu'] as const) {
  for (const faces of [true, false]) {
    test(`${backend}, ${faces ? 'with' : 'without'} faces: the tokens are those of encode, in parts of few images and at once`, async () => {
      if (!(await testBackend(backend))) return;
      const encoder = halvesEncoder();
      for (const images of [1, 6, 100]) {
        const extractor = new CompiledExtractor(encoder, { images });
        const input = { frames: pixels(5, 3, 1), faces: faces ? pixels(5, 3, 2) : null };
        const found = await extractor.extract(input);
        const wanted = await expected(encoder, input);
        assert.equal(found.frames.shape, [5, 3, tokens, inner]);
        close(found.frames, wanted.frames, 1e-5);
        assert.is(found.faces === null, !faces);
        if (wanted.faces) close(found.faces!, wanted.faces, 1e-5);
        extractor.dispose();
      }
      encoder.dispose();
    });
  }
}

test('frames of a clip are taken apart where the encoder sees each by itself, and come together again', async () => {
  for (const backend of ['tensorflow', 'cpu'] as const) {
    if (!(await testBackend(backend))) continue;
    const encoder = halvesEncoder({ perImage: true });
    const extractor = new CompiledExtractor(encoder, { images: 2 });
    const input = { frames: pixels(2, 5, 1), faces: pixels(2, 5, 2) };
    const found = await extractor.extract(input);
    assert.is(encoder.calls, backend === 'tensorflow' ? 1 : 5);
    const wanted = await expected(encoder, input);
    assert.equal(
      [found.frames.shape, found.faces!.shape],
      [
        [2, 5, tokens, inner],
        [2, 5, tokens, inner],
      ],
    );
    close(found.frames, wanted.frames, 1e-5);
    close(found.faces!, wanted.faces!, 1e-5);
    extractor.dispose();
    encoder.dispose();
  }
});

test('compiled it traces once a shape, sees what variables hold at the time, and leaves nothing behind', async () => {
  const tf = await testBackend('tensorflow');
  if (!tf) return;
  const encoder = halvesEncoder();
  const before = tf.memory().numTensors;
  const extractor = new CompiledExtractor(encoder, { images: 2 });
  const input = { frames: pixels(5, 1, 3), faces: null };
  const first = await extractor.extract(input);
  assert.is(encoder.calls, 2, 'for two clips and for the one that is left');
  assert.equal(await extractor.extract(input), first);
  assert.is(encoder.calls, 2);
  tf.tidy(() => encoder.variables['weights']!.assign(tf.neg(encoder.variables['weights']!)));
  const wanted = await expected(encoder, input);
  close((await extractor.extract(input)).frames, wanted.frames, 1e-5);
  assert.not.equal(wanted.frames, [...first.frames.data]);
  extractor.dispose();
  assert.is(tf.memory().numTensors, before);
  encoder.dispose();
});

test('bf16 rounds factors: near, but not the same', async () => {
  if (!(await testBackend('tensorflow'))) return;
  const encoder = halvesEncoder();
  const extractor = new CompiledExtractor(encoder, { precision: 'bf16' });
  const input = { frames: pixels(2, 2, 4), faces: null };
  const found = await extractor.extract(input);
  const wanted = await expected(encoder, input);
  close(found.frames, wanted.frames, 2e-2);
  assert.ok(wanted.frames.some((value, i) => value !== found.frames.data[i]));
  extractor.dispose();
  encoder.dispose();
});

test('what cannot be traced goes on uncompiled, and the log says why once', async () => {
  if (!(await testBackend('tensorflow'))) return;
  const warnings: string[] = [];
  const encoder = halvesEncoder({ untraceable: true });
  const extractor = new CompiledExtractor(encoder, { log: { info: () => {}, warn: (text) => warnings.push(text) } });
  const input = { frames: pixels(2, 2, 5), faces: null };
  close((await extractor.extract(input)).frames, (await expected(encoder, input)).frames, 1e-5);
  await extractor.extract(input);
  assert.is(warnings.length, 1);
  assert.match(warnings[0]!, /not compiled: .*asks for values/);
  extractor.dispose();
  encoder.dispose();
});

test("an encoder's own extract is asked instead", async () => {
  if (!(await testBackend('cpu'))) return;
  const answer = { frames: { data: Float32Array.of(1), shape: [1, 1, 1, 1] }, faces: null };
  const encoder = { ...halvesEncoder(), extract: () => Promise.resolve(answer) };
  assert.is(await new CompiledExtractor(encoder).extract({ frames: pixels(1, 1, 1), faces: null }), answer);
  assert.is(encoder.calls, 0);
  encoder.dispose();
});

test.run();
