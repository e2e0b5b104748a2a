import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import type { PluginContext } from 'mienlab/contracts';
import { tensorflow } from 'mienlab/tensor';
import { readModelFiles, type ModelFiles } from './model-files.js';
import { keepSavedModel, savedModel } from './saved-model.js';

/**
 * Runs the network on float32 [batch, height, width, 3], sides multiples of 32, and gives scores of the fine and the coarse grid, then boxes
 * of both: [batch, height / 16, width / 16, 2 or 32] and [batch, height / 32, width / 32, 6 or 96].
 */
export interface Network {
  run(images: Float32Array, shape: readonly [number, number, number, number]): Promise<Float32Array[]>;
  dispose(): void | Promise<void>;
}

/** The same on tensors. */
interface TensorNetwork {
  run(images: Tensor4D): Tensor[];
  dispose(): void;
}

/** What of tfjs-node's backend runs a SavedModel; it writes nothing to tfjs' own registry of models, so no signature is needed. */
interface GraphRunner {
  loadSavedModelMetaGraph(path: string, tags: string): number;
  runSavedModel(id: number, inputs: Tensor[], inputInfos: { name: string }[], outputNames: string[]): Tensor[];
  deleteSavedModel(id: number): void;
}

async function graphModel(files: ModelFiles): Promise<TensorNetwork> {
  const model = await tensorflow().loadGraphModel({
    load: () =>
      Promise.resolve({
        modelTopology: files.topology,
        weightSpecs: files.weightSpecs,
        weightData: files.weights.buffer as ArrayBuffer,
      }),
  });
  return { run: (images) => model.execute(images, files.outputs) as Tensor[], dispose: () => model.dispose() };
}

async function tensorflowGraph(files: ModelFiles, runner: GraphRunner, folder: string): Promise<TensorNetwork> {
  const id = runner.loadSavedModelMetaGraph(await keepSavedModel(savedModel(files), folder), 'serve');
  const names = files.outputs.map((name) => `${name}:0`);
  return {
    run: (images) => runner.runSavedModel(id, [images], [{ name: 'input:0' }], names),
    dispose: () => runner.deleteSavedModel(id),
  };
}

async function openTensorNetwork(context: PluginContext): Promise<TensorNetwork> {
  const tf = tensorflow();
  const files = await readModelFiles();
  if (tf.getBackend() !== 'tensorflow') return graphModel(files);
  try {
    return await tensorflowGraph(files, tf.backend() as unknown as GraphRunner, context.folder());
  } catch (error) {
    context.log.warn(`blazeface runs op by op, about half as fast: ${(error as Error).message}`);
    return graphModel(files);
  }
}

/**
 * Opens the network on the loaded backend. On `tensorflow` it runs as one TensorFlow graph, more than twice as fast as op by op, because
 * there convolution, bias, addition and rectifier are one kernel; elsewhere as a tfjs graph model.
 * @throws Fault BACKEND_MISSING where none is loaded, ASSET_MISSING where the model's files are not there
 */
export async function openNetwork(context: PluginContext): Promise<Network> {
  const network = await openTensorNetwork(context);
  return {
    async run(images, [count, height, width, channels]) {
      const input = tensorflow().tensor4d(images, [count, height, width, channels]);
      let outputs: Tensor[] = [];
      try {
        outputs = network.run(input);
        return await Promise.all(outputs.map((output) => output.data<'float32'>()));
      } finally {
        tensorflow().dispose([input, ...outputs]);
      }
    },
    dispose: () => network.dispose(),
  };
}
