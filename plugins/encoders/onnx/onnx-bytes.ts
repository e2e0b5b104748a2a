/** For tests: writes small ONNX models (onnx.proto, IR version 8, opset 13). */

type Part = Buffer;

function varint(value: number): Part {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

const integer = (field: number, value: number): Part => Buffer.concat([varint(field * 8), varint(value)]);
const bytes = (field: number, value: Uint8Array): Part => Buffer.concat([varint(field * 8 + 2), varint(value.length), value]);
const text = (field: number, value: string): Part => bytes(field, Buffer.from(value));
const message = (field: number, ...parts: Part[]): Part => bytes(field, Buffer.concat(parts));

interface Value {
  name: string;
  /** Default 1, float32. */
  type?: number;
  dims: (number | string)[];
}

interface Node {
  op: string;
  inputs: string[];
  output: string;
  attributes?: Record<string, number | number[]>;
}

interface ModelParts {
  inputs: Value[];
  outputs: Value[];
  nodes: Node[];
  weights?: Record<string, { dims: number[]; data: Float32Array | BigInt64Array }>;
}

const dimension = (dim: number | string) => message(1, typeof dim === 'number' ? integer(1, dim) : text(2, dim));
const value = (field: number, { name, type = 1, dims }: Value) =>
  message(field, text(1, name), message(2, message(1, integer(1, type), message(2, ...dims.map(dimension)))));

const attribute = ([name, of]: [string, number | number[]]) =>
  Array.isArray(of)
    ? message(5, text(1, name), ...of.map((one) => integer(8, one)), integer(20, 7))
    : message(5, text(1, name), integer(3, of), integer(20, 2));

const node = ({ op, inputs, output, attributes = {} }: Node) =>
  message(1, ...inputs.map((one) => text(1, one)), text(2, output), text(4, op), ...Object.entries(attributes).map(attribute));

const weight = ([name, { dims, data }]: [string, { dims: number[]; data: Float32Array | BigInt64Array }]) =>
  message(
    5,
    ...dims.map((dim) => integer(1, dim)),
    integer(2, data instanceof Float32Array ? 1 : 7),
    text(8, name),
    bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  );

export function onnxBytes({ inputs, outputs, nodes, weights = {} }: ModelParts): Buffer {
  const graph = [
    ...nodes.map(node),
    text(2, 'test'),
    ...Object.entries(weights).map(weight),
    ...inputs.map((one) => value(11, one)),
    ...outputs.map((one) => value(12, one)),
  ];
  return Buffer.concat([integer(1, 8), message(8, text(1, ''), integer(2, 13)), message(7, ...graph)]);
}

/** A model that gives its input as a vector: [batch, 3, height, width] or, channels last, [batch, height, width, 3]. */
export function echoModel(shape: (number | string)[], width: number | string, type = 1): Buffer {
  const cast: Node[] = type === 1 ? [] : [{ op: 'Cast', inputs: ['pixels'], output: 'floats', attributes: { to: 1 } }];
  return onnxBytes({
    inputs: [{ name: 'pixels', type, dims: shape }],
    outputs: [{ name: 'vector', dims: [shape[0]!, width] }],
    nodes: [...cast, { op: 'Flatten', inputs: [cast.length ? 'floats' : 'pixels'], output: 'vector', attributes: { axis: 1 } }],
  });
}

/** A patch embedding: `map` [batch, width, rows, columns] and `tokens` [batch, rows * columns, width], `filter` [width, 3, patch, patch]. */
export function patchModel(filter: Float32Array, { width, patch, batch = 'batch', sides = [8, 12], tokens = 6 }: PatchModel): Buffer {
  const [height, columns] = sides;
  return onnxBytes({
    inputs: [{ name: 'pixel_values', dims: [batch, 3, ...sides] }],
    outputs: [
      { name: 'tokens', dims: [batch, tokens, width] },
      {
        name: 'map',
        dims: [
          batch,
          width,
          typeof height === 'number' ? height / patch : height!,
          typeof columns === 'number' ? columns / patch : columns!,
        ],
      },
    ],
    nodes: [
      {
        op: 'Conv',
        inputs: ['pixel_values', 'filter'],
        output: 'map',
        attributes: { kernel_shape: [patch, patch], strides: [patch, patch] },
      },
      { op: 'Reshape', inputs: ['map', 'rows'], output: 'flat' },
      { op: 'Transpose', inputs: ['flat'], output: 'tokens', attributes: { perm: [0, 2, 1] } },
    ],
    weights: {
      filter: { dims: [width, 3, patch, patch], data: filter },
      rows: { dims: [3], data: BigInt64Array.of(0n, BigInt(width), -1n) },
    },
  });
}

export interface PatchModel {
  width: number;
  patch: number;
  batch?: number | string;
  sides?: (number | string)[];
  tokens?: number | string;
}
