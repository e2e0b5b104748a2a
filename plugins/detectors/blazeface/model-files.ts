import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Fault } from 'mienlab/faults';

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

/** The network as its files have it, but for any batch. */
export interface ModelFiles {
  /** TensorFlow GraphDef in JSON. */
  topology: { node: GraphNode[] };
  weightSpecs: WeightSpec[];
  /** Values of all weights in the order of their specs, 4 bytes each, little-endian. */
  weights: Uint8Array;
}

/** Where in `weights` each weight's bytes lie. */
export function weightBytes({ weightSpecs, weights }: ModelFiles): Map<string, Uint8Array> {
  const byName = new Map<string, Uint8Array>();
  let offset = 0;
  for (const { name, shape } of weightSpecs) {
    const length = 4 * shape.reduce((product, size) => product * size, 1);
    byName.set(name, weights.subarray(offset, offset + length));
    offset += length;
  }
  return byName;
}

/** The files say batch 1 in the input's shape and in the constants of the last reshapes; both become "any". */
function freeBatch(files: ModelFiles): ModelFiles {
  const bytes = weightBytes(files);
  for (const node of files.topology.node) {
    if (node.op === 'Placeholder') node.attr!['shape']!.shape!.dim![0]!.size = '-1';
    if (node.op === 'Reshape') {
      const shape = bytes.get(node.input![1]!)!;
      new DataView(shape.buffer, shape.byteOffset).setInt32(0, -1, true);
    }
  }
  return files;
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
    return freeBatch({ topology, weightSpecs: weightsManifest[0].weights, weights: Uint8Array.from(weights) });
  } catch (cause) {
    throw new Fault('ASSET_MISSING', `the face detector's model cannot be read from the package ${source}`, {
      expected: 'models/blazeface.json and models/blazeface.bin in that package',
      hint: 'run "npm ci" to restore it',
      cause,
    });
  }
}
