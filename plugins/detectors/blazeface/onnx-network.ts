import { readFile } from 'node:fs/promises';
import { freeOnnxShapes, keptPackagePath, OnnxSession } from 'mienlab/tensor';
import type { Network } from './network.js';

/**
 * Opens the network in ONNX Runtime. The file says batch 1 and 256x256, in its input and in the reshapes before its outputs: the input is freed,
 * and what goes into the reshapes becomes the outputs.
 * @throws Fault ASSET_MISSING where ONNX Runtime or the file has not been set up
 */
export async function openOnnxNetwork(threads: number): Promise<Network> {
  const source = keptPackagePath('blazeface', 'ONNX', 'face_detection_back_256x256_barracuda.onnx');
  const input = 'input:0';
  const { model, outputs } = freeOnnxShapes(await readFile(source), source, {
    inputs: { [input]: ['batch', 'height', 'width', 3] },
    beforeLast: true,
  });
  const session = await OnnxSession.open(model, { source, threads });
  return {
    async run(images, dims) {
      const values = await session.run({ [input]: { data: images, dims } }, outputs);
      return outputs.map((name) => values[name]!.data);
    },
    dispose: () => session.dispose(),
  };
}
