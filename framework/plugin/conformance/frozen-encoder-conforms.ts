import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Encoder, HostArray, PluginConfig, PluginManifest, Port, VisualBytes, VisualFeatures } from '../../contracts/index.js';
import { CompiledExtractor, tensorflow } from '../../tensor/index.js';
import { defaultConfig } from '../default-config.js';
import { seededRandom } from '../seeded-random.js';
import { withBackend } from './model-part-conforms.js';
import { testContext } from './test-context.js';

const clips = 3;
const time = 2;

/** Most that a token may change with the company its clip is in, relative where tokens are above 1. */
const tolerance = 1e-4;

/**
 * Registers the tests that every frozen encoder must pass, by `extract` or compiled from `encode`: it has nothing to train, tokens have the shape
 * that its manifest says, are finite, the same again, and those of a clip do not depend on the others beside it; what is in an image matters.
 */
export function frozenEncoderConforms(plugin: PluginManifest<'encoder'>, overrides: PluginConfig = {}): void {
  const config = { ...defaultConfig(plugin.config), ...overrides };
  const name = `encoder ${plugin.name}, frozen`;

  async function withEncoder(principal: number, work: (extract: Extract, input: VisualBytes, dims: Port['dims']) => Promise<void>) {
    await withBackend();
    const size = plugin.input!(config);
    const sides = ({ height, width }: { height: number; width: number }) => ({ count: time, height, width });
    const frames: Port = { type: 'frames', dims: sides(size.frame) };
    const tracks: Port = { type: 'tracks', dims: { principal } };
    const faces: Port | null = principal ? { type: 'faces', dims: sides(size.face) } : null;
    const { type, dims } = plugin.produces(config, faces ? { frames, tracks, faces } : { frames, tracks });
    assert.is(type, 'visual-tokens');
    const encoder: Encoder = await plugin.create(testContext(), config, { ports: { frames, faces } });
    assert.equal(encoder.variables, {});
    const extractor = new CompiledExtractor(encoder);
    try {
      await work((input) => extractor.extract(input), { frames: pixels(frames.dims, 1), faces: faces && pixels(faces.dims, 2) }, dims);
    } finally {
      extractor.dispose();
      encoder.dispose();
    }
  }

  test(`${name}: says so`, () => assert.is(plugin.frozen?.(config), true));

  for (const principal of [1, 0]) {
    test(`${name}, ${principal ? 'with' : 'without'} faces: tokens as the manifest says, the same again`, () =>
      withEncoder(principal, async (extract, input, dims) => {
        const tokens = await extract(input);
        assert.equal(tokens.frames.shape, [clips, time, dims['frame-tokens'], dims['width']]);
        const faceShape = [clips, dims['face-time'] ?? time, dims['face-tokens'], dims['face-width'] ?? dims['width']];
        assert.equal(tokens.faces?.shape ?? null, principal ? faceShape : null);
        for (const { data, shape } of [tokens.frames, ...(tokens.faces ? [tokens.faces] : [])]) {
          assert.is(
            data.length,
            shape.reduce((product, side) => product * side),
          );
          assert.ok(data.every((value) => Number.isFinite(value)));
        }
        const before = tensorflow().memory().numTensors;
        assert.equal(await extract(input), tokens);
        assert.is(tensorflow().memory().numTensors, before, 'tensors are left behind');
      }));
  }

  test(`${name}: a clip's tokens are its own`, () =>
    withEncoder(1, async (extract, input) => {
      const all = await extract(input);
      const alone = await extract({ frames: clip(input.frames, 1), faces: clip(input.faces!, 1) });
      for (const stream of ['frames', 'faces'] as const) {
        const expected = clip(all[stream]!, 1).data;
        alone[stream]!.data.forEach((value, i) =>
          assert.ok(Math.abs(value - expected[i]!) <= tolerance * Math.max(1, Math.abs(value)), `${stream}: ${value} for ${expected[i]}`),
        );
        assert.not.equal([...clip(all[stream]!, 0).data], [...expected], 'another clip has the same tokens');
      }
    }));
}

type Extract = (input: VisualBytes) => Promise<VisualFeatures>;

function pixels({ height, width }: Port['dims'], seed: number): HostArray {
  const random = seededRandom(seed);
  const shape = [clips, time, height!, width!, 3];
  // Each clip is of another brightness: noise alone looks the same to a network that pools.
  const size = time * height! * width! * 3;
  return { data: Uint8Array.from({ length: clips * size }, (_, i) => 60 * Math.floor(i / size) + random.integer(100)), shape };
}

function clip({ data, shape }: HostArray, index: number): HostArray {
  const size = data.length / shape[0]!;
  return { data: data.slice(index * size, (index + 1) * size), shape: [1, ...shape.slice(1)] };
}
