import { Fault } from '../../faults/index.js';
import { loadKeptPackage } from '../kept-package.js';

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
  InferenceSession: { create(model: string | Uint8Array, options: object): Promise<OrtSession> };
  Tensor: new (type: string, data: Float32Array | Uint8Array, dims: readonly number[]) => OrtTensor;
}

/** An array that goes in or comes out. */
export interface OnnxValue<Data extends Float32Array | Uint8Array = Float32Array> {
  data: Data;
  dims: readonly number[];
}

export interface OnnxSessionOptions {
  /** How faults name the model. */
  source: string;
  /** Threads of a call; as many as there are cores where absent. */
  threads?: number;
}

/** Errors come as exceptions; ONNX Runtime need not print them too. */
const silent = 4;
const firstLine = (error: unknown) => (error as Error).message.split('\n')[0];

/** A model in ONNX Runtime, on the CPU. `run` blocks this thread while it computes. */
export class OnnxSession {
  private constructor(
    private readonly ort: Ort,
    private readonly session: OrtSession,
    private readonly source: string,
  ) {}

  /**
   * Loads a model from its path or bytes.
   * @throws Fault ASSET_MISSING where ONNX Runtime has not been set up, CHECKPOINT_INVALID where it refuses the model
   */
  static async open(model: string | Uint8Array, { source, threads }: OnnxSessionOptions): Promise<OnnxSession> {
    const ort = await loadKeptPackage<Ort>('onnxruntime');
    try {
      const session = await ort.InferenceSession.create(model, {
        executionProviders: ['cpu'],
        graphOptimizationLevel: 'all',
        logSeverityLevel: silent,
        ...(threads && { intraOpNumThreads: threads }),
      });
      return new OnnxSession(ort, session, source);
    } catch (cause) {
      throw new Fault('CHECKPOINT_INVALID', `ONNX Runtime does not take ${source}: ${firstLine(cause)}`, { where: { source }, cause });
    }
  }

  /**
   * Values of the outputs by name, float32.
   * @throws Fault PLUGIN_FAILED where the model fails on these inputs
   */
  async run(
    inputs: Readonly<Record<string, OnnxValue<Float32Array | Uint8Array>>>,
    outputs: readonly string[],
  ): Promise<Record<string, OnnxValue>> {
    const feeds: Record<string, OrtTensor> = {};
    for (const [name, { data, dims }] of Object.entries(inputs)) {
      feeds[name] = new this.ort.Tensor(data instanceof Uint8Array ? 'uint8' : 'float32', data, dims);
    }
    try {
      return await this.session.run(feeds, outputs);
    } catch (cause) {
      const sizes = Object.entries(inputs).map(([name, { dims }]) => `${name} [${dims.join(', ')}]`);
      throw new Fault('PLUGIN_FAILED', `the ONNX model fails on ${sizes.join(', ')}: ${firstLine(cause)}`, {
        where: { source: this.source },
        cause,
      });
    }
  }

  dispose(): Promise<void> {
    return this.session.release();
  }
}
