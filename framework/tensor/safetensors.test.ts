import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../faults/index.js';
import { seededRandom } from '../plugin/index.js';
import { openSafetensors, readSafetensors, writeSafetensors } from './safetensors.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-safetensors-'));
test.after(() => rmSync(folder, { recursive: true }));
let files = 0;
const fresh = () => join(folder, `${files++}.safetensors`);

function file(header: unknown, data: Uint8Array = new Uint8Array(0), length?: bigint): string {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(length ?? BigInt(text.length));
  const path = fresh();
  writeFileSync(path, Buffer.concat([size, text, data]));
  return path;
}

function refused(path: string): string {
  let error: unknown;
  try {
    readSafetensors(path);
  } catch (thrown) {
    error = thrown;
  }

  assert.instance(error, Fault);
  assert.is((error as Fault).code, 'CHECKPOINT_INVALID');
  return (error as Fault).message;
}

test('what is written is read back bit for bit, and nothing else is left behind', () => {
  const path = join(folder, 'deep', 'model.safetensors');
  const data = Float32Array.of(1, -0, Infinity, 1e-42, 3.5, NaN);
  writeSafetensors(path, { 'a/b': { shape: [2, 3], data }, none: { shape: [0], data: new Float32Array(0) } }, { note: 'ä' });
  const { tensors, metadata } = readSafetensors(path);
  assert.equal(metadata, { note: 'ä' });
  assert.equal(Object.keys(tensors), ['a/b', 'none']);
  assert.equal(tensors['a/b']!.shape, [2, 3]);
  assert.equal(new Uint32Array(tensors['a/b']!.data.buffer), new Uint32Array(data.buffer));
  assert.equal(readdirSync(join(folder, 'deep')), ['model.safetensors']);
  const bytes = readFileSync(path);
  assert.is(Number(bytes.readBigUInt64LE()) % 8, 0);
});

test('float16 and bfloat16 are widened exactly', () => {
  const halves = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x8200, 0x7c00, 0x0000);
  const path = file({ x: { dtype: 'F16', shape: [7], data_offsets: [0, 14] } }, new Uint8Array(halves.buffer));
  assert.equal([...readSafetensors(path).tensors['x']!.data], [1, -2, 65504, 2 ** -24, -(2 ** -15), Infinity, 0]);
  const brains = Uint16Array.of(0x3f80, 0xc2f7, 0x7f80, 0x0001);
  const other = file({ x: { dtype: 'BF16', shape: [4], data_offsets: [0, 8] } }, new Uint8Array(brains.buffer));
  assert.equal([...readSafetensors(other).tensors['x']!.data], [1, -123.5, Infinity, 2 ** -133]);
});

test('lying and damaged headers are refused with the reason', () => {
  const x = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  const eight = new Uint8Array(8);
  const empty = fresh();
  writeFileSync(empty, 'abc');
  assert.match(refused(empty), '3 bytes');
  assert.match(refused(file('{}', eight, 2n ** 63n)), 'header is said to have');
  assert.match(refused(file('{}', eight, 200n)), 'header is said to have');
  assert.match(refused(file('{"x"', eight)), 'not JSON');
  assert.match(refused(file('[]', eight)), 'not a JSON object');
  assert.match(refused(file({ x: { ...x, dtype: 'F5' } }, eight)), 'unknown');
  assert.match(refused(file({ x: { ...x, dtype: 'toString' } }, eight)), 'unknown');
  assert.match(refused(file({ x: { ...x, shape: [-2] } }, eight)), 'not a list of sizes');
  assert.match(refused(file({ x: { ...x, shape: [2 ** 40, 2 ** 40] } }, eight)), 'needs');
  assert.match(refused(file({ x: { ...x, data_offsets: [8, 0] } }, eight)), 'span -8');
  assert.match(refused(file({ x }, new Uint8Array(4))), 'holds 4 bytes of data, its header describes 8');
  assert.match(refused(file({ x }, new Uint8Array(12))), 'holds 12 bytes');
  assert.match(refused(file({ x, y: x }, eight)), 'begins at byte 0 of the data, expected 8');
  assert.match(refused(file({ x: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }, eight)), 'none of F32, F16, BF16');
  assert.match(refused(file({ __metadata__: { a: 1 }, x }, eight)), 'metadata');
});

test('headers that mean harm are refused: repeated names, depth, length, bytes before and after', () => {
  const x = '{"dtype":"F32","shape":[2],"data_offsets":[0,8]}';
  const eight = new Uint8Array(8);
  assert.match(refused(file(`{"x":${x},"x":${x}}`, eight)), 'describes a tensor twice');
  assert.match(refused(file(`{"x":${x},"\\u0078":${x}}`, eight)), 'describes a tensor twice');
  assert.match(refused(file(`\ufeff{"x":${x}}`, eight)), 'not JSON');
  assert.match(refused(file(`{"x":${x}} 1`, eight)), 'not JSON');
  assert.match(
    refused(file(`{"x":{"dtype":${'['.repeat(1e5)}${']'.repeat(1e5)},"shape":[2],"data_offsets":[0,8]}}`, eight)),
    'type object',
  );
  assert.match(refused(file(`{"x":{"dtype":"${'F'.repeat(1e6)}","shape":[2],"data_offsets":[0,8]}}`, eight)), 'is unknown');
  assert.match(refused(file(`{"x":{"dtype":"F32","shape":[${'1,'.repeat(1e5)}2],"data_offsets":[0,8]}}`, eight)), '100001 dimensions');
  assert.match(refused(file(`{"x":{"dtype":"F32","shape":[-0],"data_offsets":[0,8]}}`, eight)), 'not a list of sizes');
  assert.match(refused(file(`{"x":{"dtype":"F32","shape":[1e400],"data_offsets":[0,8]}}`, eight)), 'not a list of sizes');
  assert.match(refused(file(`{"x":{"dtype":"F32","shape":[2.5],"data_offsets":[0,10]}}`, eight)), 'not a list of sizes');
  const long = refused(file(`{"${'n'.repeat(1e6)}":7}`, eight));
  assert.ok(long.length < 1000, `${long.length} characters`);
  const text = Buffer.from(`{"\xff":${x}}`, 'latin1');
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  const path = fresh();
  writeFileSync(path, Buffer.concat([size, text, eight]));
  assert.match(refused(path), 'not JSON');
  const hole = { x: { dtype: 'F32', shape: [1], data_offsets: [0, 4] }, y: { dtype: 'F32', shape: [1], data_offsets: [8, 12] } };
  assert.match(refused(file(hole, new Uint8Array(12))), 'tensor "y": it begins at byte 8 of the data, expected 4');
});

test('names that mean something in JavaScript are only names', () => {
  const path = fresh();
  const tensors = Object.assign(Object.create(null) as Record<string, { shape: number[]; data: Float32Array }>, {
    constructor: { shape: [1], data: Float32Array.of(1) },
  });
  tensors['__proto__'] = { shape: [1], data: Float32Array.of(2) };
  writeSafetensors(path, tensors);
  const read = readSafetensors(path).tensors;
  assert.equal(Object.keys(read).sort(), ['__proto__', 'constructor']);
  assert.equal([...read['__proto__']!.data], [2]);
  assert.is(read['toString'], undefined);
});

test('a folder or a pipe is no file, and a file cut short after it was opened is noticed', () => {
  assert.match(refused(folder), 'not a regular file');
  if (process.platform !== 'win32') {
    const pipe = join(folder, 'pipe');
    execFileSync('sh', ['-c', 'mkfifo "$0"', pipe]);
    assert.match(refused(pipe), 'not a regular file');
  }
  const path = fresh();
  writeSafetensors(path, { x: { shape: [64], data: new Float32Array(64) } });
  const layout = openSafetensors(path);
  truncateSync(path, 200);
  try {
    layout.read(layout.entries[0]!);
    assert.unreachable();
  } catch (error) {
    assert.is((error as Fault).code, 'CHECKPOINT_INVALID');
    assert.match((error as Fault).message, 'tensor "x": it ends at byte 200');
  }
});

test('values can be computed while they are written; as many as the shape says', () => {
  const path = fresh();
  const order: string[] = [];
  const deferred = (name: string, values: number[]) => ({
    shape: [values.length],
    data: () => (order.push(name), Float32Array.from(values)),
  });
  writeSafetensors(path, { a: deferred('a', [1, 2]), b: deferred('b', [3]) });
  assert.equal(order, ['a', 'b']);
  assert.equal([...readSafetensors(path).tensors['b']!.data], [3]);
  assert.throws(() => writeSafetensors(path, { a: { shape: [3], data: Float32Array.of(1) } }), /"a" \[3\] was given 1 values/);
  assert.equal([...readSafetensors(path).tensors['b']!.data], [3]);
});

test('no change of a header brings anything but a fault or tensors of the described size', () => {
  const random = seededRandom(8);
  const pick = <T>(list: readonly T[]) => list[random.integer(list.length)]!;
  const odd: unknown[] = [
    0,
    -1,
    1,
    2,
    3,
    4,
    8,
    12,
    2 ** 31,
    2 ** 53,
    1e300,
    0.5,
    null,
    true,
    '',
    'F16',
    'BF16',
    'I64',
    [],
    [0, 8],
    [[1]],
    {},
  ];
  const path = fresh();
  let read = 0;
  const rounds = 2000;
  for (let round = 0; round < rounds; round++) {
    const header: Record<string, unknown> = {
      __metadata__: { format: 'pt' },
      x: { dtype: 'F32', shape: [3], data_offsets: [0, 12] },
      y: { dtype: 'F16', shape: [1, 2], data_offsets: [12, 16] },
    };
    const entry = header[pick(['x', 'y'])] as Record<string, unknown>;
    const list = entry[pick(['shape', 'data_offsets'])] as unknown[];
    const change = random.integer(6);
    if (change === 0) entry[pick(['dtype', 'shape', 'data_offsets'])] = pick(odd);
    else if (change === 1) list[random.integer(3)] = pick(odd);
    else if (change === 2) header[pick(['x', 'y', 'z', '__metadata__'])] = pick(odd);
    else if (change === 3) delete header[pick(['x', 'y', '__metadata__'])];
    else if (change === 4) header['z'] = { ...entry, [pick(['dtype', 'shape', 'data_offsets', 'more'])]: pick(odd) };
    else list.push(pick(odd));
    let text = Buffer.from(JSON.stringify(header));
    if (random.next() < 0.2)
      text = Buffer.concat([text.subarray(0, random.integer(text.length)), text.subarray(random.integer(text.length))]);
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(text.length + (random.next() < 0.1 ? random.integer(20) : 0)));
    writeFileSync(path, Buffer.concat([size, text, Buffer.alloc(pick([16, 16, 16, 16, 12, 17]))]));
    try {
      for (const { shape, data } of Object.values(readSafetensors(path).tensors))
        assert.is(
          data.length,
          shape.reduce((a, b) => a * b, 1),
        );
      read++;
    } catch (error) {
      assert.instance(error, Fault, (error as Error).stack);
    }
  }
  assert.ok(read > 20 && read < rounds / 2, `${read} of ${rounds} were read`);
});

test('no mutation of a file brings anything but a fault or tensors of the described size', () => {
  const random = seededRandom(5);
  const path = fresh();
  writeSafetensors(path, { x: { shape: [3], data: Float32Array.of(1, 2, 3) }, y: { shape: [1, 2], data: Float32Array.of(4, 5) } });
  const whole = readFileSync(path);
  const mutated = fresh();
  let read = 0;
  for (let round = 0; round < 1500; round++) {
    const bytes = Buffer.from(whole);
    for (let i = 0; i <= random.integer(3); i++) bytes[random.integer(bytes.length)] = random.integer(256);
    writeFileSync(mutated, random.next() < 0.2 ? bytes.subarray(0, random.integer(bytes.length)) : bytes);
    try {
      for (const { shape, data } of Object.values(readSafetensors(mutated).tensors))
        assert.is(
          data.length,
          shape.reduce((a, b) => a * b, 1),
        );
      read++;
    } catch (error) {
      assert.instance(error, Fault, String(error));
    }
  }
  assert.ok(read > 20 && read < 1400, `${read} of 1500 were read`);
});

test('a missing file is ASSET_MISSING, and a failed write leaves the old file', () => {
  try {
    readSafetensors(join(folder, 'nowhere'));
    assert.unreachable();
  } catch (error) {
    assert.is((error as Fault).code, 'ASSET_MISSING');
  }
  const path = fresh();
  writeSafetensors(path, { x: { shape: [1], data: Float32Array.of(7) } });
  assert.throws(() => writeSafetensors(path, { x: { shape: [1], data: null as unknown as Float32Array } }));
  assert.equal([...readSafetensors(path).tensors['x']!.data], [7]);
  assert.not.ok(existsSync(`${path}.${process.pid}.part`));
});

test.run();
