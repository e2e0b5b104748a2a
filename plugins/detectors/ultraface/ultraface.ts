import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Detection, Detector, Frames, PluginContext } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import { freeOnnxShapes, OnnxSession } from 'mienlab/tensor';
import { assertFrames, keepFaces, resizeFrames, type FaceLimits } from 'mienlab/video';

export interface UltraFaceOptions extends FaceLimits {
  path: string;
  /** Of what the network sees, pixels. */
  width: number;
  height: number;
  /** Of ONNX Runtime; 0 for as many as there are cores. */
  threads: number;
}

const input = 'input';

/** Ultra-Light-Fast-Generic-Face-Detector (Linzaer), the RFB networks, in ONNX Runtime. */
export class UltraFace implements Detector {
  readonly #values: Float32Array;

  private constructor(
    private readonly session: OnnxSession,
    private readonly options: UltraFaceOptions,
    private readonly signal: AbortSignal,
  ) {
    this.#values = new Float32Array(3 * options.width * options.height);
  }

  /** @throws Fault ASSET_MISSING where ONNX Runtime is not set up or the file is not there, CHECKPOINT_INVALID where it is another */
  static async open(context: PluginContext, options: UltraFaceOptions): Promise<UltraFace> {
    const source = context.resolve(options.path);
    if (!existsSync(source)) {
      throw new Fault('ASSET_MISSING', `there is no network at ${source}`, {
        key: 'detector.path',
        where: { source },
        expected: 'an RFB network of Ultra-Light-Fast-Generic-Face-Detector in ONNX',
      });
    }
    // The size stays the file's: its anchors are constants. Its weights stand among the inputs, where they could not be folded.
    const { model } = freeOnnxShapes(await readFile(source), source, { inputs: { [input]: [1, 3, options.height, options.width] } });
    return new UltraFace(await OnnxSession.open(model, { source, threads: options.threads }), options, context.signal);
  }

  /**
   * Faces of every frame in pixels of the frame, highest score first.
   * @throws Fault TENSOR_SHAPE where the frames' data does not have the size they say, PLUGIN_FAILED where the network has another size
   */
  async detect(frames: Frames): Promise<Detection[][]> {
    assertFrames(frames);
    const { width, height } = this.options;
    const bytes = frames.width * frames.height * 3;
    const faces: Detection[][] = [];
    for (let i = 0; i < frames.times.length; i++) {
      this.signal.throwIfAborted();
      this.#fill(resizeFrames({ ...frames, data: frames.data.subarray(i * bytes, (i + 1) * bytes) }, { width, height }));
      const { scores, boxes } = await this.session.run({ [input]: { data: this.#values, dims: [1, 3, height, width] } }, [
        'scores',
        'boxes',
      ]);
      faces.push(keepFaces(this.#decode(scores!.data, boxes!.data, frames), this.options));
    }
    return faces;
  }

  /** As planes, (pixel - 127) / 128. */
  #fill(bytes: Uint8Array): void {
    const pixels = bytes.length / 3;
    for (let i = 0; i < bytes.length; i++) this.#values[(i % 3) * pixels + Math.floor(i / 3)] = (bytes[i]! - 127) / 128;
  }

  /** `scores` [anchor, 2] are of no face and of a face; `boxes` [anchor, 4] are corners in parts of the frame. */
  #decode(scores: Float32Array, boxes: Float32Array, { width, height }: Frames): Detection[] {
    const found: Detection[] = [];
    for (let anchor = 0; 2 * anchor < scores.length; anchor++) {
      const score = scores[2 * anchor + 1]!;
      if (!(score >= this.options.minScore)) continue;
      const [left, top, right, bottom] = boxes.subarray(4 * anchor, 4 * anchor + 4) as unknown as [number, number, number, number];
      const box = { x: left * width, y: top * height, width: (right - left) * width, height: (bottom - top) * height };
      found.push({ box, score: Math.min(1, score) });
    }
    return found;
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }
}
