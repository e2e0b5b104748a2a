import type { Tensor, Tensor3D, Tensor4D, Variable } from '@tensorflow/tfjs';
import type { Projector, Random, Variables, VisualEmbeddings, VisualTokens } from 'mienlab/contracts';
import { constantVariable, gelu, linear, normalVariable, rmsNorm, tensorflow, tidy } from 'mienlab/tensor';
import type { PooledMlpConfig, PooledMlpSize } from './plugin.js';

interface Stream {
  tokens: number;
  up: Variable;
  upBias: Variable;
  down: Variable;
  norm: Variable;
  time: Variable;
}

/** For each time step the patch tokens of the frame, and of the crop, through an MLP and a norm each; what comes out is told its time and its stream by a learned embedding. */
export class PooledMlp implements Projector {
  readonly variables: Variables;
  readonly #frames: Stream;
  readonly #faces: Stream | null;

  constructor(
    random: Random,
    private readonly config: PooledMlpConfig,
    size: PooledMlpSize,
    private readonly hidden: number,
  ) {
    const stream = (source: Random, { patches, tokens }: { patches: number; tokens: number }): Stream => {
      const pooled = config.pool === 'concat' ? patches * size.width : size.width;
      return {
        tokens,
        up: normalVariable(source.fork('up'), [pooled, config.inner], 1 / Math.sqrt(pooled)),
        upBias: constantVariable([config.inner], 0),
        down: normalVariable(source.fork('down'), [config.inner, tokens * hidden], 1 / Math.sqrt(config.inner)),
        norm: constantVariable([hidden], 1),
        // What is shown has size 1 by the norm, so that time stands out beside it: else a decoder learns late which third a token belongs to.
        time: normalVariable(source.fork('time'), [size.time, tokens * hidden], 0.5),
      };
    };
    this.#frames = stream(random.fork('frames'), size.frames);
    this.#faces = size.faces && stream(random.fork('faces'), size.faces);
    this.variables = { ...named('frames', this.#frames), ...(this.#faces ? named('faces', this.#faces) : {}) };
  }

  project(tokens: VisualTokens): VisualEmbeddings {
    const tf = tensorflow();
    return tidy(() => {
      const frames = this.#project(tokens.frames, this.#frames);
      const faces = tokens.faces && this.#faces ? this.#project(tokens.faces, this.#faces) : null;
      const [clips, time] = tokens.frames.shape;
      const flat = ({ all, stream }: { all: Tensor; stream: Stream }) => tf.reshape(all, [clips, time * stream.tokens, this.hidden]);
      const steps = ({ all, stream }: { all: Tensor; stream: Stream }) =>
        stream.tokens === 1
          ? tf.reshape(all, [clips, time, this.hidden])
          : tf.mean(tf.reshape(all, [clips, time, stream.tokens, this.hidden]), 2);
      return {
        sequence: (faces ? tf.concat([flat(frames), flat(faces)], 1) : flat(frames)) as Tensor3D,
        steps: steps(faces ?? frames) as Tensor3D,
      };
    });
  }

  dispose(): void {
    tensorflow().dispose(Object.values(this.variables));
  }

  /** [clip, time, patch, width] to [clip, time, tokens * hidden]. */
  #project(tokens: Tensor4D, stream: Stream): { all: Tensor; stream: Stream } {
    const tf = tensorflow();
    const [clips, time, patches, width] = tokens.shape;
    const pooled =
      this.config.pool === 'concat'
        ? tf.reshape(tokens, [clips * time, patches * width])
        : tf.mean(tf.reshape(tokens, [clips * time, patches, width]), 1);
    const projected = linear(gelu(linear(pooled, stream.up, stream.upBias)), stream.down);
    const normal = rmsNorm(tf.reshape(projected, [clips * time * stream.tokens, this.hidden]), stream.norm);
    return { all: tf.add(tf.reshape(normal, [clips, time, stream.tokens * this.hidden]), stream.time), stream };
  }
}

function named(prefix: string, { tokens: _, ...variables }: Stream): Variables {
  return Object.fromEntries(Object.entries(variables).map(([name, variable]) => [`${prefix}.${name}`, variable as Variable]));
}
