import { Message } from './protobuf.js';

/** TensorFlow's DataType enum (types.proto). */
export const dataTypes = { float: 1, int32: 3, bool: 10, bfloat16: 14 } as const;

/** An attribute of a node, as attr_value.proto has it. */
export type GraphAttribute =
  | { type: number }
  | { flag: boolean }
  | { integer: number }
  | { float: number }
  | { text: string | Uint8Array }
  | { integers: readonly number[] }
  | { shape: readonly number[] }
  | { tensor: { dtype: number; shape: readonly number[]; data: Uint8Array } };

/** A tensor of a graph: `node`, or `node:1` for an output beyond the first. */
export type GraphTensor = string;

function shapeMessage(shape: readonly number[]): Message {
  const message = new Message();
  for (const size of shape) message.part(2, new Message().varint(1, size));
  return message;
}

function attributeMessage(attribute: GraphAttribute): Message {
  const message = new Message();
  if ('type' in attribute) return message.varint(6, attribute.type);
  if ('flag' in attribute) return message.varint(5, Number(attribute.flag));
  if ('integer' in attribute) return message.varint(3, attribute.integer);
  if ('float' in attribute) return message.float(4, attribute.float);
  if ('text' in attribute) return message.part(2, attribute.text);
  if ('shape' in attribute) return message.part(7, shapeMessage(attribute.shape));
  if ('integers' in attribute) {
    const list = new Message();
    for (const integer of attribute.integers) list.varint(3, integer);
    return message.part(1, list);
  }
  const { dtype, shape, data } = attribute.tensor;
  return message.part(8, new Message().varint(1, dtype).part(2, shapeMessage(shape)).part(4, data));
}

/** Writes a GraphDef node by node (node_def.proto, graph.proto) and wraps it as a SavedModel (saved_model.proto, meta_graph.proto). */
export class GraphBuilder {
  readonly #graph = new Message();
  #count = 0;

  /** Adds a node; `after` names nodes that must have run before it. Gives its name, which is of the builder's making where none is given. */
  node(
    op: string,
    inputs: readonly GraphTensor[],
    attributes: Readonly<Record<string, GraphAttribute>> = {},
    { name = `${op}_${this.#count}`, after = [] as readonly GraphTensor[] } = {},
  ): GraphTensor {
    const message = new Message().part(1, name).part(2, op);
    for (const input of inputs) message.part(3, input);
    for (const node of after) message.part(3, `^${node.replace(/:\d+$/, '')}`);
    for (const [key, value] of Object.entries(attributes)) message.entry(5, key, attributeMessage(value));
    this.#graph.part(1, message);
    this.#count++;
    return name;
  }

  constant(dtype: number, shape: readonly number[], data: Float32Array | Int32Array | Uint8Array): GraphTensor {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
    return this.node('Const', [], { dtype: { type: dtype }, value: { tensor: { dtype, shape, data: bytes } } });
  }

  /** A node that stands for all of these having run. */
  group(after: readonly GraphTensor[]): GraphTensor {
    return this.node('Identity', [this.constant(dataTypes.int32, [], Int32Array.of(1))], { T: { type: dataTypes.int32 } }, { after });
  }

  /** The bytes of a saved_model.pb with the tag `serve`; without a signature, since calls name tensors themselves. */
  savedModel(): Uint8Array {
    // GraphDef.versions.producer (tensorflow/core/public/version.h): which meaning of an operation is meant where it once changed. TensorFlow
    // takes numbers beyond its own.
    this.#graph.part(4, new Message().varint(1, 1882));
    const meta = new Message().part(1, new Message().part(4, 'serve')).part(2, this.#graph);
    return new Message().varint(1, 1).part(2, meta).bytes();
  }
}
