import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault } from 'mienlab/faults';
import { seededRandom } from 'mienlab/plugin';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { onnxBytes, patchModel } from './onnx-bytes.js';
import { readOnnxHeader } from './onnx-header.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-onnx-header-'));
test.after(() => rmSync(folder, { recursive: true }));

function read(bytes: Uint8Array) {
  const path = join(folder, 'model.onnx');
  writeFileSync(path, bytes);
  return readOnnxHeader(path);
}

/** What is read, or the fault. Anything else is an error. */
function outcome(bytes: Uint8Array): 'read' | Fault {
  try {
    const { inputs, outputs } = read(bytes);
    for (const { dims } of [...inputs, ...outputs])
      for (const dim of dims ?? []) assert.ok(typeof dim === 'string' || (Number.isSafeInteger(dim) && dim > 0) || dim > 2 ** 53);
    return 'read';
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

const model = patchModel(new Float32Array(4 * 3 * 16), { width: 4, patch: 4, tokens: 'patches' });

test('inputs and outputs with their types, sizes and names of sizes; weights are not inputs, wherever they are listed', () => {
  assert.equal(read(model), {
    inputs: [{ name: 'pixel_values', type: 1, dims: ['batch', 3, 8, 12] }],
    outputs: [
      { name: 'tokens', type: 1, dims: ['batch', 'patches', 4] },
      { name: 'map', type: 1, dims: ['batch', 4, 2, 3] },
    ],
  });
  const listed = onnxBytes({
    inputs: [
      { name: 'bias', dims: [3] },
      { name: 'x', type: 10, dims: [-1, 0, 3] },
    ],
    outputs: [{ name: 'y', dims: [] }],
    nodes: [],
    weights: { bias: { dims: [3], data: new Float32Array(3) } },
  });
  assert.equal(read(listed), { inputs: [{ name: 'x', type: 10, dims: ['', '', 3] }], outputs: [{ name: 'y', type: 1, dims: [] }] });
});

test('cut short anywhere it is CHECKPOINT_INVALID, or what was before the cut', () => {
  for (let length = 0; length < model.length; length++) {
    const found = outcome(model.subarray(0, length));
    assert.ok(found instanceof Fault && found.code === 'CHECKPOINT_INVALID', `${length} bytes`);
  }
});

test('damaged bytes and nonsense are read or refused, nothing else', () => {
  const random = seededRandom(1);
  let refused = 0;
  for (let round = 0; round < 600; round++) {
    const bytes = Buffer.from(model);
    if (round % 3 === 0) for (let i = 0; i < bytes.length; i++) bytes[i] = random.integer(256);
    else for (let hit = 0; hit <= random.integer(4); hit++) bytes[random.integer(bytes.length)] = random.integer(256);
    if (outcome(bytes) !== 'read') refused++;
  }
  assert.ok(refused > 200, String(refused));
});

test('what is no ONNX file at all is told by its path: a picture, a text, nothing, a folder, no file', () => {
  for (const bytes of [Buffer.from('\x89PNG\r\n\x1a\n........'), Buffer.from('{"weights": []}'), Buffer.alloc(0), Buffer.alloc(5000)]) {
    const fault = outcome(bytes);
    assert.ok(fault instanceof Fault && fault.code === 'CHECKPOINT_INVALID');
    assert.match((fault as Fault).message, /model\.onnx is not a whole ONNX model/);
  }
  mkdirSync(join(folder, 'a-folder'));
  for (const [name, code] of [
    ['a-folder', 'CHECKPOINT_INVALID'],
    ['gone.onnx', 'ASSET_MISSING'],
  ]) {
    try {
      readOnnxHeader(join(folder, name!));
      assert.unreachable();
    } catch (error) {
      assert.is((error as Fault).code, code);
    }
  }
});

test.run();
