import type { Tensor, Variable } from '@tensorflow/tfjs';
import type { Variables } from '../../contracts/index.js';
import { loadWeights } from '../checkpoint/load-weights.js';
import { gelu } from '../ops/gelu.js';
import { groupedAttention } from '../ops/grouped-attention.js';
import { layerNorm } from '../ops/layer-norm.js';
import { project, type LoraWeights } from '../ops/project.js';
import { geluTanh, quickGelu } from '../ops/sigmoid-gelu.js';
import { tensorflow } from '../tensorflow.js';
import type { WeightSource } from '../weight-source.js';
import { positionMap } from './interpolate-positions.js';
import { patchesOf, type VisionSpec } from './vision-spec.js';
import { visionSource, visionWeightShapes, type VisionExtent } from './vision-weights.js';

const activations = { gelu, 'gelu-tanh': geluTanh, 'quick-gelu': quickGelu };

/** Images cut into patches. */
export interface PatchGrid {
  images: number;
  rows: number;
  columns: number;
}

/**
 * A vision transformer with the weights, under the names, of Hugging Face's transformers; the families differ by their spec alone. Nothing in a
 * pass depends on values, so that it can be traced into a graph. All of it is differentiable.
 */
export class VisionTower {
  /** By name, in the checkpoint's order. */
  readonly variables: Variables;
  /** Low-rank additions by the name of their linear layer. */
  readonly adapters = new Map<string, LoraWeights>();

  private constructor(
    readonly spec: VisionSpec,
    readonly extent: VisionExtent,
    variables: Variables,
  ) {
    this.variables = variables;
  }

  /** Loads as much as is needed; throws as `visionSource` does. */
  static load(spec: VisionSpec, extent: VisionExtent, source: WeightSource, rename: (name: string) => string): VisionTower {
    const part = visionSource(source, spec, extent, rename);
    return new VisionTower(spec, extent, loadWeights(part, visionWeightShapes(spec, extent)));
  }

  /** Tokens of an image, the class token among them. */
  tokens({ rows, columns }: Omit<PatchGrid, 'images'>): number {
    return rows * columns + (this.spec.names.classToken ? 1 : 0);
  }

  /** Images [image, height, width, 3] to rows of a patch's pixels [image * patches, patch * patch * 3], left to right and then down. */
  patches(images: Tensor): { patches: Tensor; grid: PatchGrid } {
    const tf = tensorflow();
    const { patch } = this.spec;
    const [count, height, width] = images.shape as [number, number, number];
    const grid = { images: count, rows: patchesOf(this.spec, height), columns: patchesOf(this.spec, width) };
    const { rows, columns } = grid;
    const whole = height % patch || width % patch ? tf.slice(images, [0, 0, 0, 0], [count, rows * patch, columns * patch, 3]) : images;
    const cut = tf.transpose(tf.reshape(whole, [count * rows, patch, columns, patch * 3]), [0, 2, 1, 3]);
    return { patches: tf.reshape(cut, [count * rows * columns, patch * patch * 3]), grid };
  }

  /**
   * The hidden state after the last layer that was loaded, [image * tokens, hidden]; the first norm of what follows is not in it. `onState` is
   * called with every hidden state as transformers counts them, 0 being the embeddings.
   */
  forward(patches: Tensor, grid: PatchGrid, onState?: (index: number, state: Tensor) => void): Tensor {
    const { names, heads, hidden } = this.spec;
    const tf = tensorflow();
    const shape = { batch: grid.images, length: this.tokens(grid), heads, keyValueHeads: heads };
    const activation = activations[this.spec.activation];
    let x = this.#embeddings(patches, grid);
    onState?.(0, x);
    for (let i = 0; i < this.extent.layers; i++) {
      const layer = names.layer(i);
      const [first, second] = names.scales ?? [];
      const scaled = (added: Tensor, scale: string | undefined) => (scale ? tf.mul(added, this.#weight(`${layer}.${scale}`)) : added);
      const normed = this.#norm(x, `${layer}.${names.firstNorm}`);
      const queries = tf.mul(this.#project(normed, `${layer}.${names.query}`), 1 / Math.sqrt(hidden / heads));
      const keys = this.#project(normed, `${layer}.${names.key}`);
      const values = this.#project(normed, `${layer}.${names.value}`);
      const attended = groupedAttention(queries, keys, values, null, shape);
      x = tf.add(x, scaled(this.#project(attended, `${layer}.${names.out}`), first));
      const inner = activation(this.#project(this.#norm(x, `${layer}.${names.secondNorm}`), `${layer}.${names.up}`));
      x = tf.add(x, scaled(this.#project(inner, `${layer}.${names.down}`), second));
      onState?.(i + 1, x);
    }
    return x;
  }

  /** `last_hidden_state` of what `forward` gives after all layers. */
  last(x: Tensor): Tensor {
    return this.spec.finalNorm ? this.#norm(x, this.spec.names.norm) : x;
  }

  /** `pooler_output` [image, hidden] of `last_hidden_state`. */
  pooled(last: Tensor, grid: PatchGrid): Tensor {
    const tf = tensorflow();
    const { pooler, names } = this.spec;
    if (pooler === 'attention') return this.#probed(last, grid);
    const cls = this.split(last, grid).classTokens!;
    if (pooler === 'class') return cls;
    return pooler === 'class-norm' ? this.#norm(cls, names.norm) : tf.tanh(this.#project(cls, names.pooler!));
  }

  /** Class tokens [image, hidden], null where there are none, and the rest [image, patches, hidden]. */
  split(x: Tensor, { images, rows, columns }: PatchGrid): { classTokens: Tensor | null; patchTokens: Tensor } {
    const tf = tensorflow();
    const { hidden, names } = this.spec;
    if (!names.classToken) return { classTokens: null, patchTokens: tf.reshape(x, [images, rows * columns, hidden]) };
    const all = tf.reshape(x, [images, rows * columns + 1, hidden]);
    const classTokens = tf.reshape(tf.slice(all, [0, 0, 0], [images, 1, hidden]), [images, hidden]);
    return { classTokens, patchTokens: tf.slice(all, [0, 1, 0], [images, rows * columns, hidden]) };
  }

  dispose(): void {
    tensorflow().dispose(this.variables as Record<string, Variable>);
  }

  #embeddings(patches: Tensor, { images, rows, columns }: PatchGrid): Tensor {
    const tf = tensorflow();
    const { hidden, patch, names, patchBias } = this.spec;
    // A convolution whose stride is its side, as a product: the checkpoint has [out, colour, y, x], pixels lie as [y, x, colour].
    const kernel = tf.reshape(tf.transpose(this.#weight(`${names.patch}.weight`), [0, 2, 3, 1]), [hidden, patch * patch * 3]);
    const bias = patchBias ? this.#weight(`${names.patch}.bias`) : undefined;
    const embedded = tf.reshape(project(patches, { weight: kernel, bias }), [images, rows * columns, hidden]);
    const { places, classPlace } = this.#positions(rows, columns);
    let tokens: Tensor = tf.add(embedded, places);
    if (names.classToken) {
      const cls = tf.add(tf.reshape(this.#weight(names.classToken.name), [1, hidden]), classPlace!);
      // Added, not tiled: the gradient is then one sum.
      tokens = tf.concat([tf.add(tf.zeros([images, 1, hidden]), cls), tokens], 1);
    }
    const flat = tf.reshape(tokens, [-1, hidden]);
    return names.preNorm ? this.#norm(flat, names.preNorm) : flat;
  }

  /** The table for this grid [rows * columns, hidden], interpolated where it was learnt for another, and the class token's place [1, hidden]. */
  #positions(rows: number, columns: number): { places: Tensor; classPlace: Tensor | null } {
    const tf = tensorflow();
    const { hidden, image, names } = this.spec;
    const side = patchesOf(this.spec, image);
    const all = tf.reshape(this.#weight(names.positions.name), [-1, hidden]);
    const classPlace = names.classToken ? tf.slice(all, [0, 0], [1, hidden]) : null;
    const table = classPlace ? tf.slice(all, [1, 0], [side * side, hidden]) : all;
    if (rows === side && columns === side) return { places: table, classPlace };
    return { places: tf.matMul(tf.tensor2d(positionMap(side, rows, columns), [rows * columns, side * side]), table), classPlace };
  }

  /** SigLIP's pooler: one learned probe looks at all tokens (torch's MultiheadAttention), then an MLP. */
  #probed(last: Tensor, { images, rows, columns }: PatchGrid): Tensor {
    const tf = tensorflow();
    const { hidden, heads, names } = this.spec;
    const head = names.pooler!;
    const packed = this.#weight(`${head}.attention.in_proj_weight`);
    const biases = this.#weight(`${head}.attention.in_proj_bias`);
    const part = (x: Tensor, i: number) =>
      project(x, { weight: tf.slice(packed, [i * hidden, 0], [hidden, hidden]), bias: tf.slice(biases, [i * hidden], [hidden]) });
    const probe = part(tf.reshape(this.#weight(`${head}.probe`), [1, hidden]), 0);
    const queries = tf.add(tf.zeros([images, hidden]), tf.mul(probe, 1 / Math.sqrt(hidden / heads)));
    const shape = { batch: images, length: 1, keys: rows * columns, heads, keyValueHeads: heads };
    const attended = this.#project(groupedAttention(queries, part(last, 1), part(last, 2), null, shape), `${head}.attention.out_proj`);
    const normed = this.#norm(attended, `${head}.layernorm`);
    const inner = activations[this.spec.activation](this.#project(normed, `${head}.mlp.fc1`));
    return tf.add(attended, this.#project(inner, `${head}.mlp.fc2`));
  }

  #weight(name: string): Variable {
    return this.variables[name]!;
  }

  #norm(x: Tensor, name: string): Tensor {
    return layerNorm(x, this.#weight(`${name}.weight`), this.#weight(`${name}.bias`), this.spec.epsilon);
  }

  #project(x: Tensor, name: string): Tensor {
    return project(x, { weight: this.#weight(`${name}.weight`), bias: this.variables[`${name}.bias`], lora: this.adapters.get(name) });
  }
}
