import type { Encoder, HostArray, PluginContext, VisualBytes, VisualFeatures, VisualTokens } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import { loadKeptPackage } from 'mienlab/tensor';
import { ImageTensor } from './image-tensor.js';
import { onnxPlan, type OnnxPlan } from './onnx-plan.js';
import type { OnnxOptions } from './options.js';

/** The little of onnxruntime-node that is used here; the package is optional, so its types cannot be. */
interface OrtTensor {
  data: Float32Array;
  dims: readonly number[];
  dispose(): void;
}
interface OrtSession {
  run(feeds: Record<string, OrtTensor>, fetches: readonly string[]): Promise<Record<string, OrtTensor>>;
  release(): Promise<void>;
}
interface Ort {
  InferenceSession: { create(path: string, options: object): Promise<OrtSession> };
  Tensor: new (type: string, data: Float32Array | Uint8Array, dims: readonly number[]) => OrtTensor;
}

/** Errors come as exceptions; ONNX Runtime need not print them too. */
const silent = 4;

/** An image encoder in ONNX, run by ONNX Runtime on the CPU. */
export class OnnxEncoder implements Encoder {
  readonly perImage = true;
  readonly variables = {};
  readonly #images: ImageTensor;

  private constructor(
    private readonly ort: Ort,
    private readonly session: OrtSession,
    private readonly plan: OnnxPlan,
    private readonly options: OnnxOptions,
    private readonly signal: AbortSignal,
  ) {
    this.#images = new ImageTensor(plan.input, options);
  }

  /**
   * Loads the model and shows it one black image, so that a model whose answer is not what its header says is found out before the run.
   * Throws as `onnxPlan` does; Fault ASSET_MISSING where ONNX Runtime has not been set up, CHECKPOINT_INVALID where it refuses the model,
   * PORT_MISMATCH where the answer is another.
   */
  static async open(context: PluginContext, options: OnnxOptions): Promise<OnnxEncoder> {
    const plan = onnxPlan(options, (path) => context.resolve(path));
    const ort = await loadKeptPackage<Ort>('onnxruntime');
    let session: OrtSession;
    try {
      session = await ort.InferenceSession.create(plan.path, {
        executionProviders: ['cpu'],
        graphOptimizationLevel: 'all',
        logSeverityLevel: silent,
        ...(options.threads && { intraOpNumThreads: options.threads }),
      });
    } catch (cause) {
      throw new Fault('CHECKPOINT_INVALID', `ONNX Runtime does not take ${plan.path}: ${(cause as Error).message.split('\n')[0]}`, {
        key: 'encoder.path',
        where: { source: plan.path },
        cause,
      });
    }
    const encoder = new OnnxEncoder(ort, session, plan, options, context.signal);
    try {
      await encoder.#run(new Uint8Array(plan.input.height * plan.input.width * 3), 0, 1, new Float32Array(plan.tokens * plan.width));
    } catch (error) {
      encoder.dispose();
      throw error;
    }
    return encoder;
  }

  encode(): VisualTokens {
    throw new Fault(
      'PLUGIN_FAILED',
      'the encoder onnx computes outside the tensor library, so nothing can be traced or learnt through it',
      {
        hint: 'its tokens come from extract',
      },
    );
  }

  async extract({ frames, faces }: VisualBytes): Promise<VisualFeatures> {
    return { frames: await this.#tokens(frames), faces: faces && (await this.#tokens(faces)) };
  }

  dispose(): void {
    void this.session.release();
  }

  async #tokens({ data, shape }: HostArray): Promise<HostArray> {
    const { input, tokens, width, batch } = this.plan;
    const [clips, time, rows, columns, channels] = shape as [number, number, number, number, number];
    if (rows !== input.height || columns !== input.width || channels !== 3) {
      throw new Fault('TENSOR_SHAPE', `the encoder onnx is given images [${rows}, ${columns}, ${channels}]`, {
        expected: `[${input.height}, ${input.width}, 3]`,
      });
    }
    const out = new Float32Array(clips * time * tokens * width);
    for (let first = 0; first < clips * time; first += batch) {
      this.signal.throwIfAborted();
      const count = Math.min(batch, clips * time - first);
      await this.#run(data, first, count, out.subarray(first * tokens * width, (first + count) * tokens * width));
    }
    return { data: out, shape: [clips, time, tokens, width] };
  }

  /** Fills `out` with the tokens of `count` images. */
  async #run(bytes: ArrayLike<number>, first: number, count: number, out: Float32Array): Promise<void> {
    const { input, output, batch, fixed } = this.plan;
    const size = fixed ? batch : count;
    const images = new this.ort.Tensor(input.type, this.#images.fill(bytes, first, count, size), [size, ...this.#images.dims]);
    let result: OrtTensor;
    try {
      result = (await this.session.run({ [input.name]: images }, [output.name]))[output.name]!;
    } catch (cause) {
      const sizes = `${size} images of ${input.width} x ${input.height}`;
      throw new Fault('PLUGIN_FAILED', `the ONNX model fails on ${sizes}: ${(cause as Error).message.split('\n')[0]}`, {
        where: { source: this.plan.path },
        cause,
      });
    }
    this.#take(result, size, count, out);
    result.dispose();
  }

  #take({ data, dims }: OrtTensor, size: number, count: number, out: Float32Array): void {
    const { tokens, width, output } = this.plan;
    const dropped = this.options['drop-tokens'];
    const all = tokens + dropped;
    const channelsFirst = output.form === 'map-nchw';
    const found = channelsFirst ? dims[1] : dims.at(-1);
    if (dims[0] !== size || found !== width || data.length !== size * all * width) {
      throw new Fault('PORT_MISMATCH', `the ONNX model gives ${output.name} [${dims.join(', ')}] of ${size} images`, {
        key: 'encoder.output',
        expected: `${all} tokens of width ${width} of each image`,
        hint: 'encoder.tokens and encoder.width say what the file leaves open',
      });
    }
    for (let image = 0; image < count; image++) {
      const part = data.subarray(image * all * width, (image + 1) * all * width);
      const to = image * tokens * width;
      if (!channelsFirst) out.set(part.subarray(dropped * width), to);
      else for (let t = 0; t < tokens; t++) for (let c = 0; c < width; c++) out[to + t * width + c] = part[c * all + t + dropped]!;
    }
  }
}
