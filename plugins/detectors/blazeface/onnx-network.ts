import { readFile } from 'node:fs/promises';
import { freeOnnxShapes, keptPackagePath, OnnxSession } from 'mienlab/tensor';
import type { Network } from './network.js';

/** The side of what the file takes: constants in it are made for it, and for one image. */
const side = 256;
/** Of the four outputs: pixels per cell, numbers per cell. */
const heads = [
  { stride: 16, depth: 2 },
  { stride: 32, depth: 6 },
  { stride: 16, depth: 32 },
  { stride: 32, depth: 96 },
] as const;

/**
 * Opens the network in ONNX Runtime. Images are laid into black squares, one a call, and the cells that show them are taken out of the grids.
 * @throws Fault ASSET_MISSING where ONNX Runtime or the file has not been set up
 */
export async function openOnnxNetwork(threads: number): Promise<Network> {
  const source = keptPackagePath('blazeface', 'ONNX', 'face_detection_back_256x256_barracuda.onnx');
  const input = 'input:0';
  // What goes into the last reshapes are the grids.
  const { model, outputs } = freeOnnxShapes(await readFile(source), source, { inputs: { [input]: [1, side, side, 3] }, beforeLast: true });
  const session = await OnnxSession.open(model, { source, threads });
  const square = new Float32Array(side * side * 3);
  return {
    async run(images, [count, height, width]) {
      const grids = heads.map(({ stride, depth }) => new Float32Array((count * height * width * depth) / stride ** 2));
      square.fill(-1);
      for (let image = 0; image < count; image++) {
        for (let row = 0; row < height; row++) {
          const from = (image * height + row) * width * 3;
          square.set(images.subarray(from, from + width * 3), row * side * 3);
        }
        const values = await session.run({ [input]: { data: square, dims: [1, side, side, 3] } }, outputs);
        heads.forEach(({ stride, depth }, head) => {
          const grid = values[outputs[head]!]!.data;
          const [rows, line, whole] = [height / stride, (width / stride) * depth, (side / stride) * depth];
          for (let row = 0; row < rows; row++) {
            grids[head]!.set(grid.subarray(row * whole, row * whole + line), (image * rows + row) * line);
          }
        });
      }
      return grids;
    },
    dispose: () => session.dispose(),
  };
}
