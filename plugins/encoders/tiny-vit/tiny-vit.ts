import type { Tensor, Tensor4D, Tensor5D, Variable } from '@tensorflow/tfjs';
import type { Encoder, Random, Variables, VisualInput, VisualTokens } from 'mienlab/contracts';
import {
  blockWeights,
  constantVariable,
  gelu,
  linear,
  normalVariable,
  tensorflow,
  tidy,
  transformerBlock,
  type BlockWeights,
} from 'mienlab/tensor';
import type { TinyVitConfig } from './plugin.js';

/** Patches to tokens: a linear layer, a learned position and GELU, then attention layers where asked for. Frames and crops share all but positions. */
export class TinyVit implements Encoder {
  readonly perImage = true;
  readonly variables: Variables;
  readonly #patchWeights: Variable;
  readonly #patchBias: Variable;
  readonly #positions: { frames: Variable; faces: Variable | null };
  readonly #blocks: BlockWeights[];

  constructor(
    random: Random,
    private readonly config: TinyVitConfig,
    hasFaces: boolean,
  ) {
    const { patch, width, layers } = config;
    const patches = (height: number, width: number) => (height / patch) * (width / patch);
    const size = patch * patch * 3;
    this.#patchWeights = normalVariable(random.fork('patch'), [size, width], 1 / Math.sqrt(size));
    this.#patchBias = constantVariable([width], 0);
    this.#positions = {
      frames: normalVariable(random.fork('frame-positions'), [patches(config['frame-height'], config['frame-width']), width], 0.02),
      faces: hasFaces
        ? normalVariable(random.fork('face-positions'), [patches(config['crop-size'], config['crop-size']), width], 0.02)
        : null,
    };
    this.#blocks = Array.from({ length: layers }, (_, i) =>
      blockWeights(random.fork(`block-${i}`), { width, inner: 4 * width, depth: layers }),
    );
    const blocks = this.#blocks.flatMap((block, i) => Object.entries(block).map(([name, variable]) => [`blocks.${i}.${name}`, variable]));
    this.variables = {
      'patch.weights': this.#patchWeights,
      'patch.bias': this.#patchBias,
      'positions.frames': this.#positions.frames,
      ...(this.#positions.faces && { 'positions.faces': this.#positions.faces }),
      ...Object.fromEntries(blocks),
    };
  }

  encode(input: VisualInput): VisualTokens {
    return tidy(() => ({
      frames: this.#tokens(input.frames, this.#positions.frames),
      faces: input.faces && this.#tokens(input.faces, this.#positions.faces!),
    }));
  }

  dispose(): void {
    tensorflow().dispose(Object.values(this.variables));
  }

  #tokens(images: Tensor5D, positions: Variable): Tensor4D {
    const tf = tensorflow();
    const { width, heads } = this.config;
    const [clips, time] = images.shape;
    const patches = positions.shape[0]!;
    const images2 = clips * time;
    const flat = linear(this.#patches(images), this.#patchWeights, this.#patchBias);
    let tokens: Tensor = gelu(tf.add(tf.reshape(flat, [images2, patches, width]), positions));
    if (this.#blocks.length) {
      tokens = tf.reshape(tokens, [images2 * patches, width]);
      for (const block of this.#blocks) tokens = transformerBlock(tokens, block, null, { batch: images2, length: patches, heads });
    }
    return tf.reshape(tokens, [clips, time, patches, width]);
  }

  /** [clip, time, height, width, 3] in 0..255 to [patch, patch pixels] around 0. */
  #patches(images: Tensor5D): Tensor {
    const tf = tensorflow();
    const { patch } = this.config;
    const [clips, time, height, width] = images.shape;
    const rows = height / patch;
    const columns = width / patch;
    const cut = tf.transpose(tf.reshape(images, [clips * time * rows, patch, columns, patch * 3]), [0, 2, 1, 3]);
    const flat = tf.reshape(cut, [clips * time * rows * columns, patch * patch * 3]);
    return tf.mul(tf.sub(flat, 127.5), 1 / 64);
  }
}
