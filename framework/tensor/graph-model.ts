import type { GraphModel } from '@tensorflow/tfjs';
import { readFile } from 'node:fs/promises';
import { Fault } from '../faults/index.js';
import { tensorflow } from './tensorflow.js';

interface ModelJson {
  modelTopology: object;
  weightsManifest: { weights: { name: string; shape: number[]; dtype: string; quantization?: { dtype: string } }[] }[];
}

/** Bytes of a value as stored. */
const sizes: Readonly<Record<string, number>> = { float32: 4, int32: 4, float16: 2, uint16: 2, uint8: 1, bool: 1 };

function storedBytes({ weightsManifest }: ModelJson): number {
  const weights = weightsManifest.flatMap((group) => group.weights);
  return weights.reduce(
    (sum, { shape, dtype, quantization }) => sum + shape.reduce((product, side) => product * side, sizes[quantization?.dtype ?? dtype]!),
    0,
  );
}

/**
 * A TensorFlow.js graph model from its JSON file and the one file of its weights, on the backend in use. The caller disposes it; `execute`
 * with names of nodes gives their values.
 * Throws Fault CHECKPOINT_INVALID where the files are not such a model, or not whole.
 */
export async function openGraphModel(jsonPath: string, weightsPath: string): Promise<GraphModel> {
  const invalid = (why: string, cause?: unknown) =>
    new Fault('CHECKPOINT_INVALID', `not a whole tfjs graph model: ${why}`, { where: { source: jsonPath }, cause });
  const [text, weights] = await Promise.all([readFile(jsonPath, 'utf8'), readFile(weightsPath)]);
  let json: ModelJson;
  let expected: number;
  try {
    json = JSON.parse(text) as ModelJson;
    expected = storedBytes(json);
  } catch (cause) {
    throw invalid((cause as Error).message, cause);
  }
  if (!(weights.length >= expected)) throw invalid(`${weightsPath} has ${weights.length} bytes, expected ${expected}`);
  const { modelTopology, weightsManifest } = json;
  const artifacts = {
    modelTopology,
    weightSpecs: weightsManifest.flatMap((group) => group.weights),
    // A buffer of its own: a file's lies within one that Node shares.
    weightData: Uint8Array.from(weights).buffer,
  };
  try {
    return await tensorflow().loadGraphModel({ load: () => Promise.resolve(artifacts as never) });
  } catch (cause) {
    throw invalid((cause as Error).message, cause);
  }
}
