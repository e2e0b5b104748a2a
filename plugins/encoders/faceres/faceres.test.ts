import { existsSync } from 'node:fs';
import type { Encoder, HostArray } from 'mienlab/contracts';
import { encoderConforms, frozenEncoderConforms, manifestConforms, sourceFolder, testBackend, testContext } from 'mienlab/conformance';
import type { Fault } from 'mienlab/faults';
import { defaultConfig } from 'mienlab/plugin';
import { CompiledExtractor, keptPackagePath, openGraphModel, tensorflow } from 'mienlab/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { networks, type FaceNetworkName } from './networks.js';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));

function isSetUp(): boolean {
  try {
    return existsSync(keptPackagePath('human-models', 'models', 'faceres.bin'));
  } catch (error) {
    console.log(`most of this skipped: ${(error as Fault).message}; ${(error as Fault).details.hint}`);
    return false;
  }
}

const ports = { ports: { frames: { type: 'frames', dims: { count: 1, height: 224, width: 224 } }, faces: null } };
const open = (network: FaceNetworkName) =>
  plugin.create(testContext(), { ...defaultConfig(plugin.config), network }, ports) as Promise<Encoder>;

/** One image of a smooth pattern. */
function image(side: number): HostArray {
  const at = (i: number) => {
    const [x, y, colour] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side), i % 3];
    return Math.round(127 + 100 * Math.sin((6 * x) / side + colour) * Math.cos((5 * y) / side));
  };
  return { data: Uint8Array.from({ length: side * side * 3 }, (_, i) => at(i)), shape: [1, 1, side, side, 3] };
}

if (isSetUp()) {
  for (const network of ['faceres', 'mobilefacenet', 'mobileface'] as const) frozenEncoderConforms(plugin, { network });
  encoderConforms(plugin, { network: 'mobilefacenet' });

  test('compiled, op by op and on WebAssembly a descriptor is the same; what follows it in the file is not in the way', async () => {
    const found: Record<string, number[]> = {};
    for (const backend of ['tensorflow', 'wasm'] as const) {
      if (!(await testBackend(backend))) continue;
      const tf = tensorflow();
      const encoder = await open('faceres');
      const { data, shape } = image(224);
      const pixels = tf.tensor5d(data, shape as [number, number, number, number, number], 'float32');
      const eager = encoder.encode({ frames: pixels, faces: null }).frames;
      found[backend] = [...eager.dataSync()];
      if (backend === 'tensorflow') {
        const warnings: string[] = [];
        const extractor = new CompiledExtractor(encoder, { log: { info: () => {}, warn: (text) => warnings.push(text) } });
        found['compiled'] = [...(await extractor.extract({ frames: image(224), faces: null })).frames.data];
        assert.equal(warnings, []);
        extractor.dispose();
      }
      tf.dispose([pixels, eager]);
      encoder.dispose();
    }
    const [first, ...others] = Object.values(found);
    assert.is(first!.length, 1024);
    const largest = Math.max(...first!.map(Math.abs));
    assert.ok(largest > 0.1);
    for (const other of others) first!.forEach((value, i) => assert.ok(Math.abs(value - other[i]!) < 2e-4 * largest));
  });

  test('a descriptor of mobilefacenet has length 1', async () => {
    await testBackend('wasm');
    const encoder = await open('mobilefacenet');
    const extractor = new CompiledExtractor(encoder);
    const { data } = (await extractor.extract({ frames: image(112), faces: null })).frames;
    const length = Math.hypot(...(data as Float32Array));
    assert.ok(Math.abs(length - 1) < 1e-4, String(length));
    encoder.dispose();
  });

  test('a file that is cut short or is no model is CHECKPOINT_INVALID', async () => {
    await testBackend('cpu');
    const at = (file: string) => keptPackagePath('human-models', 'models', file);
    for (const [json, bin] of [
      ['faceres.json', 'mobileface.bin'],
      ['faceres.bin', 'faceres.bin'],
    ] as const) {
      try {
        await openGraphModel(at(json), at(bin));
        assert.unreachable();
      } catch (error) {
        assert.is((error as Fault).code, 'CHECKPOINT_INVALID');
      }
    }
  });
}

test('each network says its sizes before anything is loaded', () => {
  for (const [network, { side, width }] of Object.entries(networks)) {
    const config = { network };
    assert.equal(plugin.input!(config), { frame: { height: side, width: side }, face: { height: side, width: side } });
    const port = plugin.produces(config, {
      frames: { type: 'frames', dims: { count: 4 } },
      tracks: { type: 'tracks', dims: { principal: 1 } },
    });
    assert.equal(port.dims, { time: 4, 'frame-tokens': 1, 'face-tokens': 1, width });
  }
});

test.run();
