import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../../faults/index.js';
import { faultOf } from '../../faults/testing/fault-of.js';
import { packageRoot } from '../../paths.js';
import { seededRandom } from '../../plugin/index.js';
import { GgufFile } from './gguf-file.js';
import { flag, float, float32Tensor, ggufBytes, text, texts, uint, u64, type TestGguf } from './testing/gguf-bytes.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-gguf-'));
test.after(() => rmSync(folder, { recursive: true }));
let files = 0;

function written(bytes: Uint8Array): string {
  const path = join(folder, `${files++}.gguf`);
  writeFileSync(path, bytes);
  return path;
}

function refused(bytes: Uint8Array): string {
  const { code, message } = faultOf(() => new GgufFile(written(bytes)));
  assert.is(code, 'CHECKPOINT_INVALID');
  return message;
}

interface Reference {
  types: { type: string; number: number; bytes: string; floats: string }[];
}

const reference = JSON.parse(readFileSync(join(packageRoot, 'tests', 'data', 'gguf-reference.json'), 'utf8')) as Reference;

test("every quantised type gives ggml's own values, bit for bit", () => {
  assert.is(reference.types.length, 13);
  const tensors = reference.types.map(({ type, number, bytes, floats }) => ({
    name: type,
    dims: [floats.length / 8],
    type: number,
    data: Buffer.from(bytes, 'hex'),
  }));
  const gguf = new GgufFile(written(ggufBytes({ tensors })));
  for (const { type, floats } of reference.types) {
    const expected = Buffer.from(floats, 'hex');
    const values = gguf.read(type);
    assert.is(gguf.tensors.get(type)!.dtype, type);
    assert.is(Buffer.from(values.buffer).toString('hex'), expected.toString('hex'), type);
    assert.ok(values.every(Number.isFinite), type);
  }
});

test('a tensor of more blocks than are read at a time comes whole', () => {
  const [q4] = reference.types.filter(({ type }) => type === 'Q4_1');
  const block = Buffer.from(q4!.bytes, 'hex').subarray(0, 20);
  const rows = 120_000;
  const data = new Uint8Array(20 * rows);
  for (let row = 0; row < rows; row++) data.set(block, 20 * row);
  const gguf = new GgufFile(written(ggufBytes({ tensors: [{ name: 'x', dims: [32, rows], type: 3, data }] })));
  assert.equal(gguf.tensors.get('x')!.shape, [rows, 32]);
  const values = gguf.read('x');
  const expected = new Float32Array(new Uint8Array(Buffer.from(q4!.floats, 'hex')).buffer).subarray(0, 32);
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < 32; k++) if (values[32 * row + k] !== expected[k]) assert.unreachable(`row ${row}, value ${k}`);
});

test('metadata of every type, arrays and arrays of arrays', () => {
  const metadata: TestGguf['metadata'] = {
    u8: { type: 0, value: 200 },
    i8: { type: 1, value: -3 },
    u16: { type: 2, value: 60000 },
    i16: { type: 3, value: -30000 },
    u32: uint(4e9),
    i32: { type: 5, value: -2e9 },
    f32: float(0.5),
    yes: flag(true),
    ä: text('föö \u{1F600}'),
    u64: { type: 10, value: 2 ** 40 },
    huge: { type: 10, value: 2n ** 63n },
    i64: { type: 11, value: -5 },
    f64: { type: 12, value: 0.1 },
    texts: texts(['a', '', 'b c']),
    flags: { array: 7, values: [true, false] },
    kinds: { array: 5, values: [1, -3] },
    longs: { array: 11, values: [-1, 7] },
    nested: {
      array: 9,
      values: [
        { array: 8, values: ['x'] },
        { array: 6, values: [] },
      ],
    },
  };
  const found = Object.fromEntries(new GgufFile(written(ggufBytes({ metadata }))).metadata);
  assert.equal(found, {
    u8: 200,
    i8: -3,
    u16: 60000,
    i16: -30000,
    u32: 4e9,
    i32: -2e9,
    f32: 0.5,
    yes: true,
    ä: 'föö \u{1F600}',
    u64: 2 ** 40,
    huge: 2n ** 63n,
    i64: -5,
    f64: 0.1,
    texts: ['a', '', 'b c'],
    flags: [true, false],
    kinds: Int32Array.of(1, -3),
    longs: BigInt64Array.of(-1n, 7n),
    nested: [['x'], new Float32Array(0)],
  });
});

test('an alignment of its own, version 2, and an empty tensor', () => {
  const gguf = new GgufFile(
    written(
      ggufBytes({
        version: 2,
        alignment: 64,
        metadata: { 'general.alignment': uint(64) },
        tensors: [float32Tensor('a', [3], [1, 2, 3]), float32Tensor('none', [0], []), float32Tensor('b', [1, 2], [4, 5])],
      }),
    ),
  );
  assert.equal([...gguf.read('a')], [1, 2, 3]);
  assert.equal([...gguf.read('none')], []);
  assert.equal([...gguf.read('b')], [4, 5]);
  assert.equal(gguf.tensors.get('b')!.shape, [2, 1]);
});

test('damaged and lying headers are refused with the reason', () => {
  const one = float32Tensor('x', [2], [1, 2]);
  const whole = ggufBytes({ tensors: [one] });
  assert.match(refused(new Uint8Array(0)), 'the file ends at 0');
  assert.match(refused(Buffer.from('GGML')), 'does not begin with "GGUF"');
  assert.match(refused(whole.subarray(0, 20)), 'the file ends at 20');
  assert.match(refused(whole.subarray(0, whole.length - 28)), 'it ends at byte');
  assert.match(refused(ggufBytes({ version: 1 })), 'version is 1');
  assert.match(refused(ggufBytes({ version: 0x03000000 })), 'big-endian');
  const counted = (tensors: bigint, keys: bigint) => Buffer.concat([whole.subarray(0, 8), u64(tensors), u64(keys), whole.subarray(24)]);
  assert.match(refused(counted(2n ** 63n, 0n)), 'number of tensors is said to be 9223372036854775808');
  assert.match(refused(counted(2n ** 40n, 0n)), '1099511627776 tensors');
  assert.match(refused(counted(0n, 2n ** 40n)), '1099511627776 metadata keys');
  assert.match(refused(counted(1n << 19n, 0n)), 'dimensions');
  const key = (name: string, type: number, rest: Buffer) =>
    Buffer.concat([ggufBytes({}).subarray(0, 16), u64(1), u64(name.length), Buffer.from(name), Buffer.from([type, 0, 0, 0]), rest]);
  assert.match(refused(key('k', 13, Buffer.alloc(8))), 'metadata "k" has the unknown type 13');
  assert.match(refused(key('k', 8, u64(2n ** 62n))), 'length of metadata "k" is said');
  assert.match(refused(key('k', 8, u64(2n ** 50n))), 'needs 1125899906842624 bytes');
  assert.match(refused(key('k', 8, Buffer.concat([u64(2), Buffer.from([0xc3, 0x28])]))), 'is not UTF-8');
  assert.match(refused(key('k', 7, Buffer.from([2]))), 'truth value of 2');
  const list = (type: number, count: bigint) => Buffer.concat([Buffer.from([type, 0, 0, 0]), u64(count)]);
  assert.match(refused(key('k', 9, list(4, 2n ** 51n))), 'needs');
  assert.match(refused(key('k', 9, list(8, 2n ** 45n))), 'said to hold 35184372088832 values');
  assert.match(refused(key('k', 9, list(7, 2n ** 45n))), 'said to hold');
  assert.match(refused(key('k', 9, list(9, 2n ** 45n))), 'said to hold 35184372088832 arrays');
  assert.match(refused(key('k', 9, list(99, 1n))), 'unknown type 99');
  const deep = Buffer.concat([...Array.from({ length: 50_000 }, () => list(9, 1n)), list(4, 0n)]);
  assert.match(refused(key('k', 9, deep)), 'nests arrays deeper than 4');
  assert.match(refused(ggufBytes({ metadata: { 'general.alignment': uint(24) } })), 'expected a power of two');
  assert.match(refused(ggufBytes({ metadata: { 'general.alignment': uint(0) } })), 'expected a power of two');
  assert.match(refused(ggufBytes({ metadata: { 'general.alignment': text('32') } })), 'expected a power of two');
  const twice = Buffer.concat([
    ggufBytes({}).subarray(0, 16),
    u64(2),
    ...[1, 2].map(() => ggufBytes({ metadata: { k: uint(1) } }).subarray(24, 24 + 8 + 1 + 4 + 4)),
  ]);
  assert.match(refused(twice), 'metadata "k" is there twice');
});

test('lying tensor tables are refused with the tensor named', () => {
  const one = float32Tensor('x', [2], [1, 2]);
  const tensor = (change: object) => {
    const fault = faultOf(() => new GgufFile(written(ggufBytes({ tensors: [{ ...one, ...change }] }))));
    assert.is(fault.details.tensor, 'x');
    return fault.message;
  };
  assert.match(tensor({ type: 21 }), 'its type IQ3_S is none of F32, F16, Q4_0');
  assert.match(tensor({ type: 77 }), 'its type 77 is none of');
  assert.match(tensor({ type: 3 }), '[2] does not fit Q4_1');
  assert.match(tensor({ dims: [1, 1, 1, 1, 1] }), '5 dimensions');
  assert.match(tensor({ dims: [2 ** 50, 2 ** 50] }), 'does not fit');
  assert.match(tensor({ dims: [2 ** 40] }), 'it ends at byte');
  assert.match(tensor({ offset: 4n }), 'begins at byte 4 of the data, expected 0');
  assert.match(tensor({ offset: 1024n }), 'begins at byte 1024');
  assert.match(tensor({ dims: [32], offset: 0n }), 'it ends at byte');
  const second = (offset: bigint) => ggufBytes({ tensors: [one, { ...one, name: 'y', offset }] });
  assert.match(refused(second(0n)), 'begins at byte 0 of the data, expected 32');
  assert.match(refused(second(64n)), 'begins at byte 64 of the data, expected 32');
  assert.match(refused(ggufBytes({ tensors: [one, one] })), 'tensor "x": it is there twice');
});

test('a file that was cut short after it was opened, a folder, and no file', () => {
  const path = written(ggufBytes({ tensors: [float32Tensor('x', [64], new Float32Array(64))] }));
  const gguf = new GgufFile(path);
  truncateSync(path, 100);
  assert.match(faultOf(() => gguf.read('x')).message, 'too early');
  assert.match(faultOf(() => gguf.read('y')).message, 'tensor "y": it is not there');
  assert.match(faultOf(() => new GgufFile(folder)).message, 'not a regular file');
  assert.is(faultOf(() => new GgufFile(join(folder, 'nowhere'))).code, 'ASSET_MISSING');
});

test('no mutation of a file brings anything but a fault or tensors of the described size', () => {
  const q = reference.types.filter(({ type }) => ['Q4_K', 'Q8_0', 'BF16'].includes(type));
  const whole = ggufBytes({
    metadata: {
      'general.architecture': text('llama'),
      list: texts(['a', 'b']),
      nested: { array: 9, values: [{ array: 4, values: [1, 2] }] },
      size: { type: 10, value: 5 },
    },
    tensors: [
      float32Tensor('x', [3, 2], [1, 2, 3, 4, 5, 6]),
      ...q.map(({ type, number, bytes, floats }) => ({
        name: type,
        dims: [floats.length / 8],
        type: number,
        data: Buffer.from(bytes, 'hex'),
      })),
    ],
  });
  const headerEnd = whole.indexOf('BF16') + 4 + 24;
  const random = seededRandom(11);
  const extremes = [0, 1, 7, 8, 9, 127, 128, 255];
  const path = join(folder, 'mutated.gguf');
  let read = 0;
  const rounds = 2500;
  for (let round = 0; round < rounds; round++) {
    let bytes = Buffer.from(whole);
    for (let i = 0; i <= random.integer(3); i++) {
      const at = random.integer(random.next() < 0.9 ? headerEnd : bytes.length);
      bytes[at] = random.next() < 0.5 ? random.integer(256) : extremes[random.integer(extremes.length)]!;
    }
    if (random.next() < 0.1) bytes = bytes.subarray(0, random.integer(bytes.length));
    if (random.next() < 0.1) {
      const from = random.integer(headerEnd);
      bytes = Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + random.integer(20))]);
    }
    writeFileSync(path, bytes);
    try {
      const gguf = new GgufFile(path);
      for (const [name, { shape }] of gguf.tensors) {
        assert.is(
          gguf.read(name).length,
          shape.reduce((a, b) => a * b, 1),
        );
      }
      read++;
    } catch (error) {
      assert.instance(error, Fault, (error as Error).stack);
    }
  }
  assert.ok(read > rounds / 50 && read < rounds * 0.9, `${read} of ${rounds} were read`);
});

test.run();
