import type { Scalar, Tensor } from '@tensorflow/tfjs';
import type { Tensorflow } from '../tensorflow.js';
import type { Kernels } from './kernels.js';
import { nativeAdam } from './native-adam.js';
import { attributes, type NativeBackend, type OpAttribute } from './native-backend.js';

/** Kernels that call TensorFlow's operations by name, past the tfjs engine. */
export function nativeKernels(tf: Tensorflow, backend: NativeBackend): Kernels {
  const { binding } = backend;
  const { type, flag, integer } = attributes(binding);
  const float = binding.TF_FLOAT;
  const int = binding.TF_INT32;
  const ofFloat = [type('T', float)];

  // Small constant operands live as long as the backend; there are as many as the program text has.
  const scalars = new Map<number, Tensor>();
  const scalar = (value: number) => cached(scalars, value, () => tf.keep(tf.scalar(value)));
  const integerScalars = new Map<number, Tensor>();
  const integerScalar = (value: number) => cached(integerScalars, value, () => tf.keep(tf.scalar(value, 'int32')));
  const integerLists = new Map<string, Tensor>();
  const integers = (values: readonly number[]) =>
    cached(integerLists, values.join(), () => tf.keep(tf.tensor1d(values as number[], 'int32')));

  const one = (name: string, list: readonly OpAttribute[], ...inputs: Tensor[]) => backend.executeSingleOutput(name, list, inputs);
  const matMulAttributes = table((a, b) => [...ofFloat, flag('transpose_a', a), flag('transpose_b', b)]);
  const batchAttributes = table((a, b) => [...ofFloat, flag('adj_x', a), flag('adj_y', b)]);
  const products = [type('Ta', float), type('Tb', float), type('Tout', float)];
  const smallAttributes = table((a, b) => [...products, flag('adj_x', a), flag('adj_y', b)]);
  const reduce = [false, true].map((keep) => [flag('keep_dims', keep), ...ofFloat, type('Tidx', int)]);
  const transposeAttributes = [...ofFloat, type('Tperm', int)];
  const reshapeAttributes = [...ofFloat, type('Tshape', int)];
  const gatherAttributes = [integer('batch_dims', 0), type('Tparams', float), type('Tindices', int), type('Taxis', int)];
  const scatterAttributes = [...ofFloat, type('Tindices', int), type('Tnumsegments', int)];
  const entropyAttributes = [...ofFloat, type('Tlabels', int)];
  const integerCastAttributes = [type('SrcT', int), type('DstT', float), flag('Truncate', false)];
  const splitAttributes = [...ofFloat, integer('num_split', 2)];
  const concatAttributes = [...ofFloat, integer('N', 2), type('Tidx', int)];
  const randomAttributes = [type('T', int), type('dtype', float), type('Tseed', int)];
  const boolCastAttributes = [type('SrcT', binding.TF_BOOL), type('DstT', float), flag('Truncate', false)];
  const notEqualAttributes = [type('T', int), flag('incompatible_shape_error', true)];
  const castAttributes = [type('SrcT', binding.TF_UINT8), type('DstT', float), flag('Truncate', false)];

  const transpose: Kernels['transpose'] = (x, order) => one('Transpose', transposeAttributes, x, integers(order));
  const reshape: Kernels['reshape'] = (x, shape) => {
    const target = tf.tensor1d(shape as number[], 'int32');
    const reshaped = one('Reshape', reshapeAttributes, x, target);
    target.dispose();
    return reshaped;
  };

  return {
    add: (a, b) => one('AddV2', ofFloat, a, b),
    sub: (a, b) => one('Sub', ofFloat, a, b),
    mul: (a, b) => one('Mul', ofFloat, a, b),
    scale: (x, factor) => one('Mul', ofFloat, x, scalar(factor)),
    shift: (x, offset) => one('AddV2', ofFloat, x, scalar(offset)),
    square: (x) => one('Square', ofFloat, x),
    rsqrt: (x) => one('Rsqrt', ofFloat, x),
    exp: (x) => one('Exp', ofFloat, x),
    erf: (x) => one('Erf', ofFloat, x),
    cos: (x) => one('Cos', ofFloat, x),
    sin: (x) => one('Sin', ofFloat, x),
    isNot: (integers, value) =>
      tf.tidy(() => one('Cast', boolCastAttributes, one('NotEqual', notEqualAttributes, integers, integerScalar(value)))),
    toFloat: (integers) => one('Cast', integerCastAttributes, integers),
    sigmoid: (x) => one('Sigmoid', ofFloat, x),
    sigmoidGradient: (y, dy) => one('SigmoidGrad', ofFloat, y, dy),
    softplus: (x) => one('Softplus', ofFloat, x),
    sum: (x, axis, keep) => one('Sum', reduce[Number(keep)]!, x, integers([axis])),
    mean: (x, axis, keep) => one('Mean', reduce[Number(keep)]!, x, integers([axis])),
    matMul: (a, b, ta = false, tb = false) => one('MatMul', matMulAttributes(ta, tb), a, b),
    batchMatMul: (a, b, ta = false, tb = false) => one('BatchMatMulV2', batchAttributes(ta, tb), a, b),
    softmax: (x) => one('Softmax', ofFloat, x),
    // Not rewritten to oneDNN, whose primitives cost more than these products: 3 against 27 us, 1.3 against 9 us.
    smallMatMul: (a, b, ta = false, tb = false) => one('BatchMatMulV3', smallAttributes(ta, tb), a, b),
    smallSoftmax: (x) => tf.tidy(() => one('Exp', ofFloat, one('LogSoftmax', ofFloat, x))),
    transpose,
    reshape,
    // Roll costs five times as much (docs/training.md, Operations).
    swapHalves: (x) =>
      tf.tidy(() => {
        const [first, second] = backend.executeMultipleOutputs('Split', splitAttributes, [integerScalar(x.rank - 1), x], 2);
        return one('ConcatV2', concatAttributes, second!, first!, integerScalar(x.rank - 1));
      }),
    splitHeads: (packed, count, { batch, length, heads }) =>
      tf.tidy(() => {
        if (count === 1) return [transpose(reshape(packed, [batch, length, heads, packed.shape[1]! / heads]), [0, 2, 1, 3])];
        const split = transpose(reshape(packed, [batch, length, count, heads, packed.shape[1]! / count / heads]), [2, 0, 3, 1, 4]);
        return backend.executeMultipleOutputs('Unpack', [...ofFloat, integer('num', count), integer('axis', 0)], [split], count);
      }),
    mergeHeads: (parts, { batch, length }) =>
      tf.tidy(() => {
        const width = parts.length * parts[0]!.shape[1]! * parts[0]!.shape[3]!;
        const stacked =
          parts.length === 1
            ? transpose(parts[0]!, [0, 2, 1, 3])
            : transpose(one('Pack', [...ofFloat, integer('N', parts.length), integer('axis', 0)], ...parts), [1, 3, 0, 2, 4]);
        return reshape(stacked, [batch * length, width]);
      }),
    gather: (rows, ids) => one('GatherV2', gatherAttributes, rows, ids, integerScalar(0)),
    scatterAdd: (dy, ids, rows) => one('UnsortedSegmentSum', scatterAttributes, dy, ids, integerScalar(rows)),
    softmaxCrossEntropy: (logits, labels) => {
      const [losses, gradient] = backend.executeMultipleOutputs(
        'SparseSoftmaxCrossEntropyWithLogits',
        entropyAttributes,
        [logits, labels],
        2,
      );
      return { losses: losses!, gradient: gradient! };
    },
    dropoutMask: (shape, rate, seed, site) =>
      tf.tidy(() => {
        const key = one('Pack', [type('T', int), integer('N', 2), integer('axis', 0)], seed, integerScalar(site));
        const uniform = one('StatelessRandomUniform', randomAttributes, integers(shape), key);
        const kept = one('Cast', boolCastAttributes, one('GreaterEqual', ofFloat, uniform, scalar(rate)));
        return one('Mul', ofFloat, kept, scalar(1 / (1 - rate)));
      }),
    sumOfSquares: (tensors) =>
      tf.tidy(() => {
        const halves = tensors.map((tensor) => one('L2Loss', ofFloat, tensor));
        const half = backend.executeSingleOutput('AddN', [...ofFloat, integer('N', halves.length)], halves);
        return one('Mul', ofFloat, half, scalar(2)) as Scalar;
      }),
    fromBytes: (bytes, shape) => {
      const id = binding.createTensor(shape, binding.TF_UINT8, bytes);
      const [handle] = binding.executeOp('Cast', castAttributes, [id], 1);
      binding.deleteTensor(id);
      return backend.createOutputTensor(handle!);
    },
    adam: (variables) => nativeAdam(backend, variables),
    release: () => {
      for (const constants of [scalars, integerScalars, integerLists]) tf.dispose([...constants.values()]);
    },
  };
}

function cached<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

/** Attributes for the four ways to transpose, made once: building them costs as much as a small operation. */
function table(make: (a: boolean, b: boolean) => OpAttribute[]): (a: boolean, b: boolean) => OpAttribute[] {
  const made = [make(false, false), make(false, true), make(true, false), make(true, true)];
  return (a, b) => made[Number(a) * 2 + Number(b)]!;
}
