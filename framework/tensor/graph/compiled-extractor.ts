import type { Tensor, Tensor5D } from '@tensorflow/tfjs';
import type { Encoder, HostArray, Log, VisualBytes, VisualFeatures } from '../../contracts/index.js';
import { tensorflow, type Tensorflow } from '../tensorflow.js';
import { tidy } from '../tidy.js';
import { toTensors } from '../to-tensors.js';
import { CompiledGraph } from './compiled-graph.js';
import { GraphBuilder, type GraphTensor } from './graph-builder.js';
import { LentTensors } from './lent-tensors.js';
import { trace, type InputSpec } from './trace.js';

interface Compiled {
  graph: CompiledGraph;
  lent: LentTensors;
  inputs: GraphTensor[];
  outputs: GraphTensor[];
  /** Of `outputs`. */
  shapes: number[][];
}

export interface ExtractorOptions {
  /** bf16 rounds the factors of matrix products to bfloat16, where compiled. Default fp32. */
  precision?: 'fp32' | 'bf16';
  /**
   * Most frames in one call of the encoder; larger batches are taken in turns, clip by clip, or image by image where the encoder sees each by
   * itself. Few images keep what is computed between layers small. Default 4.
   */
  images?: number;
  log?: Log;
}

/**
 * An encoder's tokens without gradients, as fast as the backend can: with the encoder's own `extract` where it has one; on the backend
 * `tensorflow` by its `encode`, traced once for each shape into a graph that borrows the encoder's variables; else by `encode` as it is. An
 * encoder that cannot be traced goes on uncompiled, and the log says why.
 */
export class CompiledExtractor {
  readonly #compiled = new Map<string, Compiled>();
  readonly #precision: 'fp32' | 'bf16';
  readonly #images: number;
  readonly #log: Log | undefined;
  #eager: boolean;

  constructor(
    private readonly encoder: Encoder,
    { precision = 'fp32', images = 4, log }: ExtractorOptions = {},
  ) {
    this.#precision = precision;
    this.#images = images;
    this.#log = log;
    this.#eager = !encoder.extract && tensorflow().getBackend() !== 'tensorflow';
  }

  async extract(input: VisualBytes): Promise<VisualFeatures> {
    if (this.encoder.extract) return this.encoder.extract(input);
    const [clips, time] = input.frames.shape as [number, number];
    if (this.encoder.perImage && time > 1) {
      const apart = await this.extract(regrouped(input, clips * time, 1));
      return regrouped(apart, clips, time);
    }
    const step = Math.max(1, Math.floor(this.#images / time));
    if (clips <= step) return this.#extractPart(input);
    const parts: VisualFeatures[] = [];
    for (let first = 0; first < clips; first += step) {
      const cut = (array: HostArray) => rows(array, first, Math.min(step, clips - first));
      parts.push(await this.#extractPart({ frames: cut(input.frames), faces: input.faces && cut(input.faces) }));
    }
    return { frames: joined(parts.map(({ frames }) => frames)), faces: input.faces && joined(parts.map(({ faces }) => faces!)) };
  }

  /** Leaves the encoder to its owner. */
  dispose(): void {
    for (const { graph, lent } of this.#compiled.values()) {
      graph.dispose();
      lent.dispose();
    }
    this.#compiled.clear();
  }

  async #extractPart(input: VisualBytes): Promise<VisualFeatures> {
    const compiled = this.#eager ? undefined : this.#compiledFor(input);
    if (!compiled) return this.#extractEagerly(input);
    const { graph, lent, inputs, outputs, shapes } = compiled;
    const values = graph.run(inputs, input.faces ? [input.frames, input.faces] : [input.frames], outputs, lent.tensors);
    const [frames, faces] = values.map((data, i) => ({ data, shape: shapes[i]! }));
    return { frames: frames!, faces: faces ?? null };
  }

  async #extractEagerly({ frames, faces }: VisualBytes): Promise<VisualFeatures> {
    const tokens = tidy(() => {
      const tensors = toTensors({ frames, ...(faces && { faces }) });
      return this.encoder.encode({ frames: tensors.frames as Tensor5D, faces: (tensors.faces as Tensor5D | undefined) ?? null });
    });
    const read = async (tensor: Tensor): Promise<HostArray> => {
      const data = await tensor.data<'float32'>();
      tensor.dispose();
      return { data, shape: tensor.shape };
    };
    return { frames: await read(tokens.frames), faces: tokens.faces && (await read(tokens.faces)) };
  }

  #compiledFor({ frames, faces }: VisualBytes): Compiled | undefined {
    const key = `${frames.shape.join()} ${faces?.shape.join() ?? ''}`;
    let compiled = this.#compiled.get(key);
    if (compiled) return compiled;
    try {
      this.#compiled.set(key, (compiled = this.#compile(tensorflow(), frames.shape, faces?.shape)));
      return compiled;
    } catch (error) {
      this.#eager = true;
      this.#log?.warn(`the encoder is not compiled: ${(error as Error).message}`);
      return undefined;
    }
  }

  #compile(tf: Tensorflow, frames: readonly number[], faces: readonly number[] | undefined): Compiled {
    const builder = new GraphBuilder();
    const lent = new LentTensors(builder, Object.values(this.encoder.variables));
    const specs: Record<string, InputSpec> = { frames: { shape: frames, dtype: 'float32' } };
    if (faces) specs['faces'] = { shape: faces, dtype: 'float32' };
    let shapes: number[][] = [];
    try {
      const traced = trace(
        builder,
        specs,
        lent,
        (tensors) => {
          const tokens = this.encoder.encode({
            frames: tensors['frames'] as Tensor5D,
            faces: (tensors['faces'] as Tensor5D | undefined) ?? null,
          });
          const list = [tokens.frames, ...(tokens.faces ? [tokens.faces] : [])];
          shapes = list.map(({ shape }) => shape);
          return list.map((tensor) => tf.keep(tensor));
        },
        { precision: this.#precision, lateCasts: true },
      );
      const graph = new CompiledGraph(builder);
      return { graph, lent, inputs: [...Object.values(traced.inputs), ...lent.inputs], outputs: traced.outputs as GraphTensor[], shapes };
    } catch (error) {
      lent.dispose();
      throw error;
    }
  }
}

/** The same numbers as so many clips of so many time steps. */
function regrouped<Arrays extends VisualBytes | VisualFeatures>({ frames, faces }: Arrays, clips: number, time: number): Arrays {
  const shaped = ({ data, shape }: HostArray): HostArray => ({ data, shape: [clips, time, ...shape.slice(2)] });
  return { frames: shaped(frames), faces: faces && shaped(faces) } as Arrays;
}

/** `count` entries of the first axis. */
function rows({ data, shape }: HostArray, first: number, count: number): HostArray {
  const size = data.length / shape[0]!;
  return { data: data.subarray(first * size, (first + count) * size), shape: [count, ...shape.slice(1)] };
}

function joined(parts: readonly HostArray[]): HostArray {
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { data, shape: [parts.reduce((sum, { shape }) => sum + shape[0]!, 0), ...parts[0]!.shape.slice(1)] };
}
