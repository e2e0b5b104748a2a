import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../../faults/index.js';
import { seededRandom } from '../../plugin/index.js';
import { freeOnnxShapes } from './free-shapes.js';
import { protoBytes, protoFields, protoNumber } from './protobuf.js';

const value = (name: string, ...dims: number[]) =>
  Buffer.concat([
    protoBytes(1, name),
    protoBytes(2, protoBytes(1, protoNumber(1, 1), protoBytes(2, ...dims.map((dim) => protoBytes(1, protoNumber(1, dim)))))),
  ]);
const node = (input: string, output: string, op: string) => protoBytes(1, protoBytes(1, input), protoBytes(2, output), protoBytes(4, op));

/** image -> Relu -> hidden -> Reshape -> flat, with a weight that stands among the inputs. */
const model = Buffer.concat([
  protoNumber(1, 7),
  protoBytes(
    7,
    node('image', 'hidden', 'Relu'),
    node('hidden', 'flat', 'Reshape'),
    protoBytes(5, protoNumber(1, 2), protoBytes(8, 'weight'), protoBytes(9, 'abcd')),
    protoBytes(11, value('image', 1, 3, 32, 32)),
    protoBytes(11, value('weight', 2)),
    protoBytes(12, value('flat', 1, 3072)),
    protoBytes(13, value('hidden', 1, 3, 32, 32)),
  ),
]);

test('inputs with other dimensions, weights no longer among them, outputs and what is between without any', () => {
  const inputs = { image: ['batch', 3, 'height', 'width'] };
  const freed = freeOnnxShapes(model, 'a.onnx', { inputs });
  assert.equal(freed.outputs, ['flat']);
  const graph = [...protoFields(freed.model)].find(({ field }) => field === 7)!.content;
  const parts = [...protoFields(graph)];
  assert.equal(
    parts.map(({ field }) => field),
    [1, 1, 5, 11, 12],
  );
  const text = Buffer.from(parts[3]!.content).toString('latin1');
  assert.ok(['image', 'batch', 'height', 'width'].every((word) => text.includes(word)));
  assert.not.ok(Buffer.from(parts[4]!.content).includes(Buffer.from(protoNumber(1, 3072))));
  assert.equal(freeOnnxShapes(model, 'a.onnx', { inputs, beforeLast: true }).outputs, ['hidden']);
});

const fault = (bytes: Uint8Array, inputs: Record<string, (number | string)[]>): string => {
  try {
    freeOnnxShapes(bytes, 'a.onnx', { inputs });
  } catch (error) {
    assert.is((error as Fault).code, 'CHECKPOINT_INVALID');
    return (error as Fault).message;
  }
  return '';
};

test('other inputs, no graph, no model', () => {
  assert.match(fault(model, { picture: [1] }), /it has an input "image"/);
  assert.match(fault(model, { image: [1], mask: [1] }), /it has no input "mask"/);
  assert.match(fault(protoNumber(1, 7), {}), /no graph/);
  assert.match(fault(Buffer.from('this is no network'), {}), /is not the ONNX model/);
});

test('damage gives a fault, never anything else', () => {
  const random = seededRandom(5);
  for (let round = 0; round < 2000; round++) {
    const bytes = Buffer.from(model.subarray(0, random.integer(model.length + 1)));
    for (let k = random.integer(4); k > 0 && bytes.length; k--) bytes[random.integer(bytes.length)] = random.integer(256);
    fault(bytes, { image: ['batch', 3, 'height', 'width'] });
  }
});

test.run();
