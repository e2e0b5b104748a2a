import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { weightBytes, type AttributeValue, type GraphNode, type ModelFiles, type ShapeValue } from './model-files.js';

/** Values of TensorFlow's enum DataType. */
const dataTypes: Readonly<Record<string, number>> = { DT_FLOAT: 1, DT_INT32: 3 };

// Wire format of protocol buffers; field numbers are those of tensorflow/core/framework and protobuf/{saved_model,meta_graph}.proto.
function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}
const tag = (field: number, wire: number) => varint(BigInt((field << 3) | wire));
const integer = (field: number, value: number | string) => Buffer.concat([tag(field, 0), varint(BigInt(value))]);
function bytes(field: number, value: string | Uint8Array): Buffer {
  const content = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([tag(field, 2), varint(BigInt(content.length)), content]);
}
const message = (field: number, ...parts: Uint8Array[]) => bytes(field, Buffer.concat(parts));
const base64 = (text: string) => Buffer.from(text, 'base64');

const shapeProto = (shape: ShapeValue) => (shape.dim ?? []).map(({ size }) => message(2, integer(1, size)));

function attributeProto(value: AttributeValue, content: Uint8Array | undefined): Buffer {
  if (value.tensor) {
    const { dtype, tensorShape } = value.tensor;
    return message(8, integer(1, dataTypes[dtype]!), message(2, ...shapeProto(tensorShape)), bytes(4, content!));
  }
  if (value.type !== undefined) return integer(6, dataTypes[value.type]!);
  if (value.shape) return message(7, ...shapeProto(value.shape));
  if (value.s !== undefined) return bytes(2, base64(value.s));
  if (value.i !== undefined) return integer(3, value.i);
  if (value.b !== undefined) return integer(5, value.b ? 1 : 0);
  if (value.list)
    return message(1, ...(value.list.i ?? []).map((i) => integer(3, i)), ...(value.list.s ?? []).map((s) => bytes(2, base64(s))));
  throw new Error(`attribute value of an unknown kind: ${Object.keys(value).join(', ')}`);
}

function nodeProto({ name, op, input = [], attr = {} }: GraphNode, content: Uint8Array | undefined): Buffer {
  const attributes = Object.entries(attr).map(([key, value]) => message(5, bytes(1, key), message(2, attributeProto(value, content))));
  return message(1, bytes(1, name), bytes(2, op), ...input.map((one) => bytes(3, one)), ...attributes);
}

/** The converter's fused convolutions lack attributes that TensorFlow asks for; taken apart, TensorFlow fuses them again, and with more. */
function takeApart(node: GraphNode): GraphNode[] {
  if (node.op !== '_FusedConv2D') return [node];
  const attr = { ...node.attr! };
  const rectified = attr['fused_ops']!.list!.s!.some((name) => base64(name).toString() === 'Relu');
  for (const name of ['fused_ops', 'num_args', 'epsilon']) delete attr[name];
  const type = { T: attr['T']! };
  const product = `${node.name}/product`;
  const sum = rectified ? `${node.name}/sum` : node.name;
  return [
    { name: product, op: 'Conv2D', input: node.input!.slice(0, 2), attr },
    { name: sum, op: 'BiasAdd', input: [product, node.input![2]!], attr: { ...type, data_format: attr['data_format']! } },
    ...(rectified ? [{ name: node.name, op: 'Relu', input: [sum], attr: type }] : []),
  ];
}

/** The network as the bytes of a SavedModel (saved_model.pb) with the tag `serve`, weights as constants, no signature. */
export function savedModel(files: ModelFiles): Buffer {
  const content = weightBytes(files);
  const nodes = files.topology.node.flatMap(takeApart).map((node) => nodeProto(node, content.get(node.name)));
  const versions = message(4, integer(1, 1482)); // producer: TensorFlow 2.12's, older than any libtensorflow in use
  return Buffer.concat([integer(1, 1), message(2, message(1, bytes(4, 'serve')), message(2, ...nodes, versions))]);
}

/** Puts a SavedModel under `folder`, once for the same bytes; gives the folder to load it from. */
export async function keepSavedModel(model: Uint8Array, folder: string): Promise<string> {
  const place = join(folder, `blazeface-${createHash('sha256').update(model).digest('hex').slice(0, 16)}`);
  if (existsSync(place)) return place;
  await mkdir(folder, { recursive: true });
  const aside = await mkdtemp(join(folder, 'writing-'));
  await writeFile(join(aside, 'saved_model.pb'), model);
  try {
    await rename(aside, place);
  } catch (error) {
    // Another process was faster; its bytes are the same.
    await rm(aside, { recursive: true, force: true });
    if (!existsSync(place)) throw error;
  }
  return place;
}
