import type { NativeBinding, OpAttribute, TensorHandle } from '../kernels/native-backend.js';
import { dataTypes, type GraphAttribute, type GraphBuilder, type GraphTensor } from './graph-builder.js';
import { inferShapes, untraceable, type SymbolicTensor } from './shape-functions.js';

interface Entry extends SymbolicTensor {
  /** Its place in the graph; a constant is written when something first reads it. */
  node?: GraphTensor;
  data?: Float32Array | Int32Array | Uint8Array;
  transposed?: () => GraphTensor;
}

export interface TraceOptions {
  /** bf16: products of matrices round their factors to bfloat16. Default fp32. */
  precision?: 'fp32' | 'bf16';
  /** A factor is rounded no sooner than the other one is there: weights are then not all in memory twice. */
  lateCasts?: boolean;
}

export interface SymbolicBinding extends NativeBinding {
  /**
   * Takes a node that somebody else wrote for a tensor. `transposed` gives a node with the same matrix turned, for products that want it
   * turned: their operation then has nothing to turn.
   */
  adopt(tensor: SymbolicTensor, node: GraphTensor, transposed?: () => GraphTensor): number;
  nodeOf(id: number): GraphTensor;
}

/** Operations that have no attribute T. */
const untyped = new Set(['LogicalAnd', 'LogicalOr', 'LogicalNot', 'Cast', 'GatherV2', 'BatchMatMulV3', 'StatelessRandomUniform']);

/** Constants up to this many bytes are written once, however often they are made. */
const shared = 64;

/**
 * Stands where TensorFlow's C interface stands, but computes nothing: an operation becomes a node of the graph, its results are known by
 * shape and type alone. So whatever code calls the backend writes a graph instead.
 */
export function symbolicBinding(
  real: NativeBinding,
  builder: GraphBuilder,
  { precision = 'fp32', lateCasts = false }: TraceOptions = {},
): SymbolicBinding {
  const entries: Entry[] = [];
  const constants = new Map<string, GraphTensor>();

  function nodeOf(id: number): GraphTensor {
    const entry = entries[id]!;
    if (entry.node !== undefined) return entry.node;
    const { dtype, shape, data } = entry;
    const key = data!.byteLength <= shared ? `${dtype}/${shape.join()}/${data!.join()}` : undefined;
    const known = key !== undefined ? constants.get(key) : undefined;
    entry.node = known ?? builder.constant(dtype, shape, data!);
    if (key !== undefined) constants.set(key, entry.node);
    return entry.node;
  }

  function attribute({ type, value, name }: OpAttribute): GraphAttribute {
    switch (type) {
      case real.TF_ATTR_TYPE:
        return { type: Number(value) };
      case real.TF_ATTR_BOOL:
        return { flag: Boolean(value) };
      case real.TF_ATTR_INT:
        return Array.isArray(value) ? { integers: value } : { integer: Number(value) };
      case real.TF_ATTR_FLOAT:
        return { float: Number(value) };
      case real.TF_ATTR_STRING:
        return { text: String(value) };
      case real.TF_ATTR_SHAPE:
        return { shape: value as number[] };
      default:
        throw untraceable(name, `its attribute is of type ${type}`);
    }
  }

  const halves = new Map<GraphTensor, GraphTensor>();
  function half(node: GraphTensor, other: GraphTensor): GraphTensor {
    let made = halves.get(node);
    if (made === undefined) halves.set(node, (made = cast(node, dataTypes.float, dataTypes.bfloat16, lateCasts ? [other] : [])));
    return made;
  }
  const cast = (node: GraphTensor, from: number, to: number, after: readonly GraphTensor[] = []) =>
    builder.node('Cast', [node], { SrcT: { type: from }, DstT: { type: to }, Truncate: { flag: false } }, { after });
  /** A product of matrices of float32, the first of `rows` rows. */
  function product(nodes: readonly GraphTensor[], fields: Readonly<Record<string, GraphAttribute>>, rows: number): GraphTensor {
    if (precision === 'bf16') {
      // Factors are rounded; summed is in float32, as the hardware does.
      const made = builder.node(
        'MatMul',
        nodes.map((node, i) => half(node, nodes[1 - i]!)),
        { ...fields, T: { type: dataTypes.bfloat16 } },
      );
      return cast(made, dataTypes.bfloat16, dataTypes.float);
    }
    if (rows > 1) return builder.node('MatMul', nodes, fields);
    // A single row goes by memory alone. oneDNN, to which MatMul is rewritten, reads a matrix at 10 GB/s on one core where Eigen, which
    // BatchMatMulV3 is left to, reads it at 12 to 17 (512 x 1376, Zen 4).
    const [float, { transpose_a, transpose_b }] = [{ type: dataTypes.float }, fields];
    return builder.node('BatchMatMulV3', nodes, { Ta: float, Tb: float, Tout: float, adj_x: transpose_a!, adj_y: transpose_b! });
  }

  return {
    ...constantsOf(real),
    createTensor(shape, dtype, data) {
      return entries.push({ shape, dtype, data, values: data.length <= 4096 ? data : undefined }) - 1;
    },
    deleteTensor() {},
    tensorDataSync(id) {
      const { data } = entries[id]!;
      if (!data) throw untraceable('read', 'the code asks for values of a tensor that are known only when the graph runs');
      return data;
    },
    executeOp(op, list, inputs, count): TensorHandle[] {
      const attributes = Object.fromEntries(list.map(({ name, value }) => [name, value]));
      const results = inferShapes({ op, attributes, inputs: inputs.map((id) => entries[id]!) });
      if (results.length < count) throw untraceable(op, `${count} results are wanted of ${results.length}`);
      const fields = Object.fromEntries(list.map((entry) => [entry.name, attribute(entry)]));
      // Called directly, an operation infers the type of its operands; a graph wants it said.
      if (!untyped.has(op)) fields['T'] ??= { type: entries[inputs[0]!]!.dtype };
      const nodes = inputs.map((id, i) => {
        const { transposed } = entries[id]!;
        if (op !== 'MatMul' || i !== 1 || !attributes['transpose_b'] || !transposed) return nodeOf(id);
        fields['transpose_b'] = { flag: false };
        return transposed();
      });
      const node = op === 'MatMul' ? product(nodes, fields, results[0]!.shape[0]!) : builder.node(op, nodes, fields);
      return results.map(({ shape, dtype, values }, i) => {
        const id = entries.push({ shape, dtype, values, node: i ? `${node}:${i}` : node }) - 1;
        return { id, shape: [...shape], dtype };
      });
    },
    adopt(tensor, node, transposed) {
      return entries.push({ ...tensor, node, transposed }) - 1;
    },
    nodeOf,
  };
}

function constantsOf(real: NativeBinding) {
  const { TF_FLOAT, TF_INT32, TF_INT64, TF_BOOL, TF_UINT8, TF_COMPLEX64, TF_STRING, TF_RESOURCE, TF_Version } = real;
  const { TF_ATTR_STRING, TF_ATTR_INT, TF_ATTR_FLOAT, TF_ATTR_BOOL, TF_ATTR_TYPE, TF_ATTR_SHAPE, TF_ATTR_RESOURCE } = real;
  return {
    ...{ TF_FLOAT, TF_INT32, TF_INT64, TF_BOOL, TF_UINT8, TF_COMPLEX64, TF_STRING, TF_RESOURCE, TF_Version },
    ...{ TF_ATTR_STRING, TF_ATTR_INT, TF_ATTR_FLOAT, TF_ATTR_BOOL, TF_ATTR_TYPE, TF_ATTR_SHAPE, TF_ATTR_RESOURCE },
    isUsingGpuDevice: () => real.isUsingGpuDevice(),
  };
}
