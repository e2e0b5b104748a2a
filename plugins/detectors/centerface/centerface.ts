import { readFile } from 'node:fs/promises';
import type { Detection, Detector, Frames, PluginContext } from 'mienlab/contracts';
import { freeOnnxShapes, OnnxSession, resolveCheckpoint } from 'mienlab/tensor';
import type { FaceLimits } from 'mienlab/video';
import { assertFrames, keepFaces, resizeFrames } from 'mienlab/video';
import { decodeHeatMap } from './decode-heat-map.js';
import { planes } from './planes.js';

export interface CenterFaceOptions extends FaceLimits {
  /** `centerface`, or the path of the ONNX file. */
  path: string;
  /** Frames whose longer side is longer are scaled down to it for the network, pixels; 0 for never. */
  maxSide: number;
  /** Frames per call of the network. */
  batch: number;
  /** Of ONNX Runtime; 0 for as many as there are cores. */
  threads: number;
}

/** Sides of what the network sees are multiples of this. */
const stride = 32;
const input = 'input.1';

/** CenterFace (Xu et al. 2019) in ONNX Runtime, at the frames' own size. */
export class CenterFace implements Detector {
  private constructor(
    private readonly session: OnnxSession,
    /** Heat map, sizes, offsets, key points. */
    private readonly outputs: readonly string[],
    private readonly options: CenterFaceOptions,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws Fault ASSET_MISSING where ONNX Runtime or the network is not set up, CHECKPOINT_INVALID where the file is another */
  static async open(context: PluginContext, options: CenterFaceOptions): Promise<CenterFace> {
    const source = resolveCheckpoint(options.path, (path) => context.resolve(path));
    // The file says ten images of 32 by 32.
    const { model, outputs } = freeOnnxShapes(await readFile(source), source, { inputs: { [input]: ['batch', 3, 'height', 'width'] } });
    const session = await OnnxSession.open(model, { source, threads: options.threads });
    return new CenterFace(session, outputs, options, context.signal);
  }

  /**
   * Faces of every frame in pixels of the frame, highest score first. The 5 key points are the subject's right eye, left eye, nose tip, right and
   * left corner of the mouth.
   * @throws Fault TENSOR_SHAPE where the frames' data does not have the size they say
   */
  async detect(frames: Frames): Promise<Detection[][]> {
    assertFrames(frames);
    const { times } = frames;
    const faces: Detection[][] = [];
    const shrink = this.options.maxSide ? Math.min(1, this.options.maxSide / Math.max(frames.width, frames.height)) : 1;
    const side = (length: number) => Math.max(stride, Math.ceil((length * shrink) / stride) * stride);
    const [width, height] = [side(frames.width), side(frames.height)];
    const scale = [frames.width / width, frames.height / height] as const;
    const bytes = frames.width * frames.height * 3;
    for (let first = 0; first < times.length; first += this.options.batch) {
      this.signal.throwIfAborted();
      const count = Math.min(this.options.batch, times.length - first);
      const some = { ...frames, data: frames.data.subarray(first * bytes, (first + count) * bytes) };
      const images = planes(resizeFrames(some, { width, height }), width * height);
      const values = await this.session.run({ [input]: { data: images, dims: [count, 3, height, width] } }, this.outputs);
      const [heat, sizes, offsets, points] = this.outputs.map((name) => values[name]!.data);
      const maps = { heat: heat!, sizes: sizes!, offsets: offsets!, points: points!, rows: height / 4, columns: width / 4 };
      for (let i = 0; i < count; i++) faces.push(keepFaces(decodeHeatMap(maps, i, scale, this.options.minScore), this.options));
    }
    return faces;
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }
}
