import type { Detection, Detector, Frames, PluginContext } from 'mienlab/contracts';
import { assertFrames, type FaceLimits } from 'mienlab/video';
import { decodeFaces } from './decode-faces.js';
import { letterbox } from './letterbox.js';
import { openNetwork, type Network } from './network.js';
import { openOnnxNetwork } from './onnx-network.js';

export interface BlazeFaceOptions extends FaceLimits {
  /** What computes: the run's tensor backend, or ONNX Runtime. */
  runtime: 'tensor' | 'onnx';
  /** Frames per call of the network. */
  batch: number;
  /** Of ONNX Runtime; 0 for as many as there are cores. */
  threads: number;
}

/** BlazeFace (Bazarevsky et al. 2019), the 256-pixel model for back cameras. */
export class BlazeFace implements Detector {
  private constructor(
    private readonly network: Network,
    private readonly options: BlazeFaceOptions,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws Fault BACKEND_MISSING without a loaded tensor backend where it computes, ASSET_MISSING without the model's files */
  static async open(context: PluginContext, options: BlazeFaceOptions): Promise<BlazeFace> {
    const network = options.runtime === 'onnx' ? await openOnnxNetwork(options.threads) : await openNetwork(context);
    return new BlazeFace(network, options, context.signal);
  }

  /**
   * Faces of every frame in pixels of the frame, highest score first. The 6 key points are the subject's right eye, left eye, nose tip,
   * mouth, right ear, left ear.
   * @throws Fault TENSOR_SHAPE where the frames' data does not have the size they say
   */
  async detect(frames: Frames): Promise<Detection[][]> {
    assertFrames(frames);
    const { width, height, times } = frames;
    const faces: Detection[][] = [];
    const fit = letterbox(width, height);
    const size = fit.width * fit.height * 3;
    for (let first = 0; first < times.length; first += this.options.batch) {
      this.signal.throwIfAborted();
      const count = Math.min(this.options.batch, times.length - first);
      const images = new Float32Array(count * size);
      for (let i = 0; i < count; i++) fit.write(frames, first + i, images.subarray(i * size, (i + 1) * size));
      const [fineScores, coarseScores, fineBoxes, coarseBoxes] = await this.network.run(images, [count, fit.height, fit.width, 3]);
      const raw = { scores: [fineScores!, coarseScores!], boxes: [fineBoxes!, coarseBoxes!] } as const;
      for (let i = 0; i < count; i++) faces.push(decodeFaces(raw, i, fit, this.options));
    }
    return faces;
  }

  dispose(): void | Promise<void> {
    return this.network.dispose();
  }
}
