import type { Tensor, Variable } from '@tensorflow/tfjs';
import type { Variables } from 'mienlab/contracts';
import {
  causalMask,
  checkWeights,
  embed,
  groupedAttention,
  loadWeights,
  project,
  rmsNorm,
  rotary,
  rotaryTables,
  swiglu,
  tensorflow,
  type LoraWeights,
  type WeightSource,
} from 'mienlab/tensor';
import type { DecoderSpec } from './decoder-spec.js';
import { ropeFrequencies } from './rope-frequencies.js';
import { decoderWeightShapes, isSpareTensor } from './weight-shapes.js';

/** Where the tokens of a pass stand: `batch` sequences of `length` tokens, one after the other. */
export interface Sequences {
  batch: number;
  length: number;
  /** int32 [batch * length]. */
  positions: Tensor;
  /** As `causalMask` takes them; null: nothing but causality, right for padding at the right end. */
  segments: Tensor | null;
}

export interface PassOptions {
  /** Rows that are wanted (int32 [n], of batch * length): others do not leave the last layer's attention. */
  rows?: Tensor;
  /** int32 scalar, another one each step: LoRA's dropout is at work. */
  dropoutSeed?: Tensor;
  /** Called with what leaves each layer, [row, hidden]. */
  onLayer?: (layer: number, hidden: Tensor) => void;
}

/** Attention of one layer: rotated queries (divided by the root of the head size) and keys, and values; [row, heads * size] all. */
export type Attend = (layer: number, queries: Tensor, keys: Tensor, values: Tensor) => Tensor;

/**
 * A causal decoder of the Llama family (Touvron et al., 2023; Qwen2, Qwen3 and Mistral differ by their spec alone). Weights have the names
 * and shapes of Hugging Face's transformers. Nothing in a pass depends on values, so that it can be traced into a graph.
 */
export class Decoder {
  /** By name, in the checkpoint's order. */
  readonly variables: Variables;
  /** Low-rank additions by the name of their linear layer, as `model.layers.0.self_attn.q_proj`. */
  readonly adapters = new Map<string, LoraWeights>();
  readonly #frequencies: Float32Array;
  readonly #sites: ReadonlyMap<string, number>;

  /** The weights are the decoder's from then on. */
  constructor(
    readonly spec: DecoderSpec,
    variables: Variables,
  ) {
    this.variables = variables;
    this.#frequencies = ropeFrequencies(spec);
    this.#sites = new Map(Object.keys(variables).map((name, site) => [name.replace(/\.(weight|bias)$/, ''), site]));
  }

  /** Throws Fault CHECKPOINT_INVALID where the weights are not the spec's. */
  static load(spec: DecoderSpec, source: WeightSource): Decoder {
    const shapes = decoderWeightShapes(spec);
    checkWeights(source, shapes, (name) => isSpareTensor(name, spec));
    return new Decoder(spec, loadWeights(source, shapes));
  }

  /** Embeddings of int32 ids [n]: [n, hidden]. */
  embed(ids: Tensor): Tensor {
    return embed(this.#weight('model.embed_tokens.weight'), ids, this.spec.padding);
  }

  /**
   * Rows put together from embeddings of text, int32 ids [n], and visual embeddings [m, hidden]: row i is number `order[i]` (int32 [row]) of
   * the n + m.
   */
  splice(ids: Tensor, visual: Tensor, order: Tensor): Tensor {
    return embed(tensorflow().concat([this.embed(ids), visual], 0), order);
  }

  /** From embeddings [batch * length, hidden] to the last norm's output, [batch * length, hidden] or [n, hidden] where `rows` are wanted. */
  forward(x: Tensor, sequences: Sequences, options: PassOptions = {}): Tensor {
    return this.pass(x, sequences.positions, this.attention(sequences), options);
  }

  /** Attention within the sequences of a pass. */
  attention({ batch, length, segments }: Sequences): Attend {
    const { heads, keyValueHeads, windows } = this.spec;
    const shape = { batch, length, heads, keyValueHeads };
    const group = heads / keyValueHeads;
    const masks = new Map([...new Set(windows)].map((window) => [window, causalMask(segments, { length, window, group })]));
    return (layer, queries, keys, values) => groupedAttention(queries, keys, values, masks.get(windows[layer]!)!, shape);
  }

  /** `forward` with attention left to the caller. */
  pass(x: Tensor, positions: Tensor, attend: Attend, { rows, dropoutSeed, onLayer }: PassOptions = {}): Tensor {
    const tf = tensorflow();
    const { layers, headSize, epsilon } = this.spec;
    const ofKeys = rotaryTables(positions, this.#frequencies);
    const ofQueries = rotaryTables(positions, this.#frequencies, 1 / Math.sqrt(headSize));
    const norm = (input: Tensor, name: string) => rmsNorm(input, this.#weight(`${name}.weight`), epsilon);
    const linear = (input: Tensor, name: string) => this.#project(input, name, dropoutSeed);
    for (let i = 0; i < layers; i++) {
      const layer = `model.layers.${i}`;
      const heads = (name: 'q' | 'k', input: Tensor) => {
        const packed = linear(input, `${layer}.self_attn.${name}_proj`);
        if (!this.spec.headNorm) return packed;
        return tf.reshape(norm(tf.reshape(packed, [-1, headSize]), `${layer}.self_attn.${name}_norm`), packed.shape);
      };
      const normed = norm(x, `${layer}.input_layernorm`);
      const queries = rotary(heads('q', normed), ofQueries);
      const keys = rotary(heads('k', normed), ofKeys);
      let attended = attend(i, queries, keys, linear(normed, `${layer}.self_attn.v_proj`));
      if (rows && i === layers - 1) [attended, x] = [embed(attended, rows), embed(x, rows)];
      x = tf.add(x, linear(attended, `${layer}.self_attn.o_proj`));
      const inner = norm(x, `${layer}.post_attention_layernorm`);
      const gated = swiglu(linear(inner, `${layer}.mlp.gate_proj`), linear(inner, `${layer}.mlp.up_proj`));
      x = tf.add(x, linear(gated, `${layer}.mlp.down_proj`));
      onLayer?.(i, x);
    }
    return norm(x, 'model.norm');
  }

  /** Logits of rows of the last norm's output: [n, hidden] to [n, vocabulary]. */
  logits(hidden: Tensor): Tensor {
    return this.spec.tied ? project(hidden, { weight: this.#weight('model.embed_tokens.weight') }) : this.#project(hidden, 'lm_head');
  }

  dispose(): void {
    tensorflow().dispose(this.variables as Record<string, Variable>);
  }

  #weight(name: string): Variable {
    return this.variables[name]!;
  }

  #project(x: Tensor, name: string, dropoutSeed?: Tensor): Tensor {
    const weights = { weight: this.#weight(`${name}.weight`), bias: this.variables[`${name}.bias`], lora: this.adapters.get(name) };
    return project(x, weights, dropoutSeed && { step: dropoutSeed, site: this.#sites.get(name)! });
  }
}
