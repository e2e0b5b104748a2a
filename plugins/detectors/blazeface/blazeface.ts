import type { Tensor } from '@tensorflow/tfjs';
import type { Detection, Detector, Frames, PluginContext } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import { tensorflow } from 'mienlab/tensor';
import { decodeFaces, type Keep } from './decode-faces.js';
import { letterbox } from './letterbox.js';
import { openNetwork, type Network } from './network.js';

export interface BlazeFaceOptions extends Keep {
  /** Frames per call of the network. */
  batch: number;
}

/** BlazeFace (Bazarevsky et al. 2019), the 256-pixel model for back cameras. */
export class BlazeFace implements Detector {
  private constructor(
    private readonly network: Network,
    private readonly options: BlazeFaceOptions,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws Fault BACKEND_MISSING without a loaded tensor backend, ASSET_MISSING without the model's files */
  static async open(context: PluginContext, options: BlazeFaceOptions): Promise<BlazeFace> {
    return new BlazeFace(await openNetwork(context), options, context.signal);
  }

  /**
   * Faces of every frame in pixels of the frame, highest score first. The 6 key points are the subject's right eye, left eye, nose tip,
   * mouth, right ear, left ear.
   * @throws Fault TENSOR_SHAPE where the frames' data does not have the size they say
   */
  async detect(frames: Frames): Promise<Detection[][]> {
    const { width, height, data, times } = frames;
    const expected = times.length * height * width * 3;
    if (data.length !== expected) {
      throw new Fault('TENSOR_SHAPE', `${times.length} frames of ${width}x${height} have ${data.length} bytes`, {
        expected: `${expected} bytes`,
      });
    }
    const faces: Detection[][] = [];
    const fit = letterbox(width, height);
    const size = fit.width * fit.height * 3;
    for (let first = 0; first < times.length; first += this.options.batch) {
      this.signal.throwIfAborted();
      const count = Math.min(this.options.batch, times.length - first);
      const images = new Float32Array(count * size);
      for (let i = 0; i < count; i++) fit.write(frames, first + i, images.subarray(i * size, (i + 1) * size));
      const [fineScores, coarseScores, fineBoxes, coarseBoxes] = await this.run(images, [count, fit.height, fit.width, 3]);
      const raw = { scores: [fineScores!, coarseScores!], boxes: [fineBoxes!, coarseBoxes!] } as const;
      for (let i = 0; i < count; i++) faces.push(decodeFaces(raw, i, fit, this.options));
    }
    return faces;
  }

  private async run(images: Float32Array, shape: [number, number, number, number]): Promise<Float32Array[]> {
    const input = tensorflow().tensor4d(images, shape);
    let outputs: Tensor[] = [];
    try {
      outputs = this.network.run(input);
      return await Promise.all(outputs.map((output) => output.data<'float32'>()));
    } finally {
      tensorflow().dispose([input, ...outputs]);
    }
  }

  dispose(): void {
    this.network.dispose();
  }
}
