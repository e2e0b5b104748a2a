import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataTypes, GraphBuilder, type GraphAttribute } from 'mienlab/tensor';
import { weightBytes, type AttributeValue, type GraphNode, type ModelFiles, type ShapeValue } from './model-files.js';

const types: Readonly<Record<string, number>> = { DT_FLOAT: dataTypes.float, DT_INT32: dataTypes.int32 };
const base64 = (text: string) => Buffer.from(text, 'base64');
const sides = ({ dim = [] }: ShapeValue) => dim.map(({ size }) => Number(size));

/** `content` are the values of a node that is a constant. */
function attributeOf(value: AttributeValue, content: Uint8Array | undefined): GraphAttribute {
  if (value.tensor) {
    const { dtype, tensorShape } = value.tensor;
    return { tensor: { dtype: types[dtype]!, shape: sides(tensorShape), data: content! } };
  }
  if (value.type !== undefined) return { type: types[value.type]! };
  if (value.shape) return { shape: sides(value.shape) };
  if (value.s !== undefined) return { text: base64(value.s) };
  if (value.i !== undefined) return { integer: Number(value.i) };
  if (value.b !== undefined) return { flag: value.b };
  if (value.list && !value.list.s) return { integers: (value.list.i ?? []).map(Number) };
  throw new Error(`attribute value of an unknown kind: ${Object.keys(value).join(', ')}`);
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

/** The network as the bytes of a SavedModel (saved_model.pb), weights as constants. */
export function savedModel(files: ModelFiles): Uint8Array {
  const content = weightBytes(files);
  const builder = new GraphBuilder();
  for (const { name, op, input = [], attr = {} } of files.topology.node.flatMap(takeApart)) {
    const attributes = Object.entries(attr).map(([key, value]) => [key, attributeOf(value, content.get(name))]);
    builder.node(op, input, Object.fromEntries(attributes) as Record<string, GraphAttribute>, { name });
  }
  return builder.savedModel();
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
