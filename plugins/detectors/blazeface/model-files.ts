import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Fault } from 'mienlab/faults';
import { elementCount } from 'mienlab/tensor';

const source = '@vladmandic/human';

/** One value of a node's attribute as GraphDef's JSON has it; 64-bit integers are strings, bytes are base64. */
export interface AttributeValue {
  tensor?: { dtype: string; tensorShape: ShapeValue };
  type?: string;
  shape?: ShapeValue;
  s?: string;
  i?: string;
  f?: number;
  b?: boolean;
  list?: { i?: string[]; s?: string[] };
}
export interface ShapeValue {
  dim?: { size: string }[];
}
export interface GraphNode {
  name: string;
  op: string;
  input?: string[];
  attr?: Record<string, AttributeValue>;
}
interface WeightSpec {
  name: string;
  shape: number[];
  dtype: 'float32' | 'int32';
}

/** The network as its files have it, but for any batch and size. */
export interface ModelFiles {
  /** TensorFlow GraphDef in JSON. */
  topology: { node: GraphNode[] };
  /** Nodes whose values are the scores of the fine grid, of the coarse one, the boxes of the fine grid, of the coarse one. */
  outputs: string[];
  weightSpecs: WeightSpec[];
  /** Values of all weights in the order of their specs, 4 bytes each, little-endian. */
  weights: Uint8Array;
}

/** Where in `weights` each weight's bytes lie. */
export function weightBytes({ weightSpecs, weights }: ModelFiles): Map<string, Uint8Array> {
  const byName = new Map<string, Uint8Array>();
  let offset = 0;
  for (const { name, shape } of weightSpecs) {
    const length = 4 * elementCount(shape);
    byName.set(name, weights.subarray(offset, offset + length));
    offset += length;
  }
  return byName;
}

/** What the network is asked for: scores and boxes of its fine and its coarse grid, in that order by name. */
const heads = ['Identity', 'Identity_1', 'Identity_2', 'Identity_3'];

/**
 * The files say batch 1 and 256x256 in the input's shape and in the reshapes before the outputs. The input is freed, and the convolutions
 * before the reshapes become the outputs: the same numbers in the same order.
 */
function freeShape(topology: ModelFiles['topology']): string[] {
  const nodes = new Map(topology.node.map((node) => [node.name, node]));
  for (const { op, attr } of topology.node) {
    if (op === 'Placeholder') attr!['shape']!.shape!.dim!.slice(0, 3).forEach((size) => (size.size = '-1'));
  }
  const before = (name: string) => nodes.get(name)!.input![0]!;
  return heads.map((head) => before(before(head)));
}

/**
 * Reads BlazeFace's 256-pixel back model out of the installed npm package.
 * @throws Fault ASSET_MISSING where the package or its files are not there or not what they should be
 */
export async function readModelFiles(): Promise<ModelFiles> {
  try {
    const models = join(dirname(createRequire(import.meta.url).resolve(source)), '..', 'models');
    const [json, weights] = await Promise.all([readFile(join(models, 'blazeface.json'), 'utf8'), readFile(join(models, 'blazeface.bin'))]);
    const { modelTopology: topology, weightsManifest } = JSON.parse(json) as {
      modelTopology: ModelFiles['topology'];
      weightsManifest: [{ weights: WeightSpec[] }];
    };
    const outputs = freeShape(topology);
    return { topology, outputs, weightSpecs: weightsManifest[0].weights, weights: Uint8Array.from(weights) };
  } catch (cause) {
    throw new Fault('ASSET_MISSING', `the face detector's model cannot be read from the package ${source}`, {
      expected: 'models/blazeface.json and models/blazeface.bin in that package',
      hint: 'run "npm ci" to restore it',
      cause,
    });
  }
}
