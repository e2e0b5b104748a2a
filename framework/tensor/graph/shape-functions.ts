import { Fault } from '../../faults/index.js';
import { elementCount } from '../element-count.js';
import { dataTypes } from './graph-builder.js';

export interface SymbolicTensor {
  shape: readonly number[];
  dtype: number;
  /** Known where it is a constant. */
  values?: ArrayLike<number>;
}

export interface ShapeCall {
  op: string;
  inputs: readonly SymbolicTensor[];
  attributes: Readonly<Record<string, boolean | number | string | readonly number[]>>;
}

type Infer = (call: ShapeCall) => readonly SymbolicTensor[];

const { float, int32, bool } = dataTypes;

/** The values of a constant operand. */
function constant({ op, inputs }: ShapeCall, index: number): number[] {
  const values = inputs[index]?.values;
  if (!values) throw untraceable(op, `its operand ${index} is computed, so the shape of its result is not known before`);
  return Array.from(values);
}

export function untraceable(op: string, why: string): Fault {
  return new Fault('TENSOR_UNTRACEABLE', `operation ${op} cannot be traced into a graph: ${why}`, {
    hint: 'the run goes on operation by operation where it can',
  });
}

function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = a[a.length - rank + i] ?? 1;
    const right = b[b.length - rank + i] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new Fault('TENSOR_SHAPE', `shapes [${a.join(', ')}] and [${b.join(', ')}] do not broadcast`);
    }
    return left === 1 ? right : left;
  });
}

const positive = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);

const same: Infer = ({ inputs: [x] }) => [{ shape: x!.shape, dtype: x!.dtype }];
const binary =
  (dtype?: number): Infer =>
  ({ inputs: [a, b] }) => [{ shape: broadcast(a!.shape, b!.shape), dtype: dtype ?? a!.dtype }];

const reduce: Infer = (call) => {
  const { shape, dtype } = call.inputs[0]!;
  const axes = constant(call, 1).map((axis) => positive(axis, shape.length));
  const kept = shape.map((side, i) => (axes.includes(i) ? 1 : side));
  return [{ shape: call.attributes['keep_dims'] ? kept : shape.filter((_, i) => !axes.includes(i)), dtype }];
};

const argument: Infer = (call) => {
  const { shape } = call.inputs[0]!;
  const [axis] = constant(call, 1).map((axis) => positive(axis, shape.length));
  return [{ shape: shape.filter((_, i) => i !== axis), dtype: Number(call.attributes['output_type'] ?? int32) }];
};

function product({ inputs: [a, b] }: ShapeCall, turnA: boolean, turnB: boolean): SymbolicTensor[] {
  const [m, k] = turnA ? [a!.shape.at(-1)!, a!.shape.at(-2)!] : [a!.shape.at(-2)!, a!.shape.at(-1)!];
  const [l, n] = turnB ? [b!.shape.at(-1)!, b!.shape.at(-2)!] : [b!.shape.at(-2)!, b!.shape.at(-1)!];
  if (k !== l) throw new Fault('TENSOR_SHAPE', `matrices [${a!.shape.join(', ')}] and [${b!.shape.join(', ')}] cannot be multiplied`);
  return [{ shape: [...broadcast(a!.shape.slice(0, -2), b!.shape.slice(0, -2)), m, n], dtype: a!.dtype }];
}

const batchProduct: Infer = (call) => product(call, Boolean(call.attributes['adj_x']), Boolean(call.attributes['adj_y']));

const slice: Infer = (call) => {
  const { shape, dtype } = call.inputs[0]!;
  const begin = constant(call, 1);
  return [{ shape: constant(call, 2).map((side, i) => (side === -1 ? shape[i]! - begin[i]! : side)), dtype }];
};

const reshape: Infer = (call) => {
  const { shape, dtype, values } = call.inputs[0]!;
  const wanted = constant(call, 1);
  const known = elementCount(wanted.filter((side) => side !== -1));
  const found = wanted.map((side) => (side === -1 ? elementCount(shape) / known : side));
  if (elementCount(found) !== elementCount(shape))
    throw new Fault('TENSOR_SHAPE', `[${shape.join(', ')}] cannot be reshaped to [${wanted.join(', ')}]`);
  return [{ shape: found, dtype, values }];
};

const parts = (x: SymbolicTensor, axis: number, sides: readonly number[]): SymbolicTensor[] =>
  sides.map((side) => ({ shape: x.shape.map((old, i) => (i === axis ? side : old)), dtype: x.dtype }));

/** Height and width after a window has gone over them: convolutions and pools, with rows of [batch, height, width, channel]. */
function slid(call: ShapeCall, window: readonly number[], dilations: readonly number[]): number[] {
  const { inputs, attributes, op } = call;
  const strides = attributes['strides'] as readonly number[];
  const padding = attributes['padding'];
  if (attributes['data_format'] !== undefined && attributes['data_format'] !== 'NHWC') throw untraceable(op, 'channels come first');
  if (padding !== 'SAME' && padding !== 'VALID') throw untraceable(op, `its padding is ${String(padding)}`);
  return [1, 2].map((axis) => {
    const reach = padding === 'SAME' ? 1 : (window[axis - 1]! - 1) * (dilations[axis] ?? 1) + 1;
    return Math.floor((inputs[0]!.shape[axis]! - reach) / strides[axis]!) + 1;
  });
}

/** `channels` gives those of the result from the filter [height, width, in, out]. */
const convolution =
  (channels: (filter: readonly number[]) => number): Infer =>
  (call) => {
    const [x, filter] = call.inputs;
    const sides = slid(call, filter!.shape, (call.attributes['dilations'] as readonly number[] | undefined) ?? []);
    return [{ shape: [x!.shape[0]!, ...sides, channels(filter!.shape)], dtype: x!.dtype }];
  };

const pool: Infer = (call) => {
  const { shape, dtype } = call.inputs[0]!;
  return [{ shape: [shape[0]!, ...slid(call, (call.attributes['ksize'] as readonly number[]).slice(1), []), shape[3]!], dtype }];
};

const unary = [
  'Square',
  'Rsqrt',
  'Sqrt',
  'Exp',
  'Log',
  'LogSoftmax',
  'Softmax',
  'Erf',
  'Sigmoid',
  'Tanh',
  'Softplus',
  'Neg',
  'Abs',
  'Relu',
];
const more = ['ZerosLike', 'OnesLike', 'Identity', 'Reciprocal', 'Sin', 'Cos', 'Sign', 'LogicalNot', 'Elu', 'Relu6', 'Log1p', 'Expm1'];
const comparisons = ['Greater', 'GreaterEqual', 'Less', 'LessEqual', 'Equal', 'NotEqual', 'LogicalAnd', 'LogicalOr'];
const arithmetic = [
  'Add',
  'AddV2',
  'Sub',
  'Mul',
  'RealDiv',
  'Div',
  'Maximum',
  'Minimum',
  'Pow',
  'SquaredDifference',
  'FloorDiv',
  'FloorMod',
];
const gradients = ['SigmoidGrad', 'TanhGrad', 'ReluGrad', 'RsqrtGrad', 'SqrtGrad', 'SoftplusGrad'];

/** Shapes and types of operations' results from those of their operands: what tracing needs in place of values. */
const shapeFunctions: Readonly<Record<string, Infer>> = {
  ...Object.fromEntries([...unary, ...more, ...gradients].map((op) => [op, same])),
  ...Object.fromEntries(arithmetic.map((op) => [op, binary()])),
  ...Object.fromEntries(comparisons.map((op) => [op, binary(bool)])),
  ...Object.fromEntries(['Sum', 'Mean', 'Max', 'Min', 'Prod', 'All', 'Any'].map((op) => [op, reduce])),
  ArgMax: argument,
  ArgMin: argument,
  BiasAdd: same,
  Conv2D: convolution((filter) => filter[3]!),
  DepthwiseConv2dNative: convolution((filter) => filter[2]! * filter[3]!),
  MaxPool: pool,
  AvgPool: pool,
  MatMul: (call) => product(call, Boolean(call.attributes['transpose_a']), Boolean(call.attributes['transpose_b'])),
  BatchMatMul: batchProduct,
  BatchMatMulV2: batchProduct,
  BatchMatMulV3: (call) => batchProduct(call).map((tensor) => ({ ...tensor, dtype: Number(call.attributes['Tout']) })),
  Transpose: (call) => {
    const { shape, dtype } = call.inputs[0]!;
    return [{ shape: constant(call, 1).map((axis) => shape[axis]!), dtype }];
  },
  Reshape: reshape,
  Cast: ({ inputs: [x], attributes }) => [{ shape: x!.shape, dtype: Number(attributes['DstT']) }],
  Slice: slice,
  Pack: ({ inputs, attributes }) => {
    const { shape, dtype } = inputs[0]!;
    const axis = positive(Number(attributes['axis'] ?? 0), shape.length + 1);
    return [{ shape: [...shape.slice(0, axis), inputs.length, ...shape.slice(axis)], dtype }];
  },
  Unpack: ({ inputs: [x], attributes }) => {
    const axis = positive(Number(attributes['axis'] ?? 0), x!.shape.length);
    const shape = x!.shape.filter((_, i) => i !== axis);
    return Array.from({ length: Number(attributes['num']) }, () => ({ shape, dtype: x!.dtype }));
  },
  ConcatV2: (call) => {
    const tensors = call.inputs.slice(0, -1);
    const { shape, dtype } = tensors[0]!;
    const axis = positive(constant(call, call.inputs.length - 1)[0]!, shape.length);
    const total = tensors.reduce((sum, tensor) => sum + tensor.shape[axis]!, 0);
    return [{ shape: shape.map((side, i) => (i === axis ? total : side)), dtype }];
  },
  Split: (call) => {
    const [axis] = constant(call, 0);
    const x = call.inputs[1]!;
    const count = Number(call.attributes['num_split']);
    const at = positive(axis!, x.shape.length);
    return parts(
      x,
      at,
      Array.from({ length: count }, () => x.shape[at]! / count),
    );
  },
  SplitV: (call) => {
    const x = call.inputs[0]!;
    const [axis] = constant(call, 2);
    return parts(x, positive(axis!, x.shape.length), constant(call, 1));
  },
  PadV2: (call) => {
    const { shape, dtype } = call.inputs[0]!;
    const paddings = constant(call, 1);
    return [{ shape: shape.map((side, i) => paddings[2 * i]! + side + paddings[2 * i + 1]!), dtype }];
  },
  Tile: (call) => {
    const { shape, dtype } = call.inputs[0]!;
    const times = constant(call, 1);
    return [{ shape: shape.map((side, i) => side * times[i]!), dtype }];
  },
  Fill: (call) => [{ shape: constant(call, 0), dtype: call.inputs[1]!.dtype }],
  ExpandDims: (call) => {
    const { shape, dtype } = call.inputs[0]!;
    const axis = positive(constant(call, 1)[0]!, shape.length + 1);
    return [{ shape: [...shape.slice(0, axis), 1, ...shape.slice(axis)], dtype }];
  },
  BroadcastTo: (call) => [{ shape: constant(call, 1), dtype: call.inputs[0]!.dtype }],
  ...Object.fromEntries(
    ['IsNan', 'IsFinite', 'IsInf'].map((op): [string, Infer] => [op, ({ inputs: [x] }) => [{ shape: x!.shape, dtype: bool }]]),
  ),
  Select: ({ inputs: [, a] }) => [{ shape: a!.shape, dtype: a!.dtype }],
  SelectV2: ({ inputs: [condition, a, b] }) => [{ shape: broadcast(condition!.shape, broadcast(a!.shape, b!.shape)), dtype: a!.dtype }],
  GatherV2: (call) => {
    const [x, ids] = call.inputs;
    const axis = positive(constant(call, 2)[0]!, x!.shape.length);
    return [{ shape: [...x!.shape.slice(0, axis), ...ids!.shape, ...x!.shape.slice(axis + 1)], dtype: x!.dtype }];
  },
  UnsortedSegmentSum: (call) => {
    const [x, ids] = call.inputs;
    return [{ shape: [constant(call, 2)[0]!, ...x!.shape.slice(ids!.shape.length)], dtype: x!.dtype }];
  },
  OneHot: (call) => [{ shape: [...call.inputs[0]!.shape, constant(call, 1)[0]!], dtype: call.inputs[2]!.dtype }],
  SparseSoftmaxCrossEntropyWithLogits: ({ inputs: [logits, labels] }) => [
    { shape: labels!.shape, dtype: logits!.dtype },
    { shape: logits!.shape, dtype: logits!.dtype },
  ],
  L2Loss: ({ inputs: [x] }) => [{ shape: [], dtype: x!.dtype }],
  AddN: same,
  StatelessRandomUniform: (call) => [{ shape: constant(call, 0), dtype: float }],
};

/** Throws Fault TENSOR_UNTRACEABLE for an operation that has no shape function, TENSOR_SHAPE where operands do not fit. */
export function inferShapes(call: ShapeCall): readonly SymbolicTensor[] {
  const infer = shapeFunctions[call.op];
  if (!infer) throw untraceable(call.op, 'how the shape of its result follows is not known here');
  return infer(call);
}
