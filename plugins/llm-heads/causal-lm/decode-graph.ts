import type { Tensor } from '@tensorflow/tfjs';
import {
  CompiledGraph,
  dataTypes,
  GraphBuilder,
  GraphVariables,
  kernels,
  trace,
  TurnedGraphVariables,
  type GraphTensor,
  type GraphVariable,
  type TraceScope,
} from 'mienlab/tensor';
import type { Attend, Decoder } from './decoder.js';

/** Sizes that a decode graph is compiled for. */
export interface DecodeSizes {
  batch: number;
  /** Tokens of a prompt with its padding. */
  length: number;
  /** Tokens the cache holds. */
  capacity: number;
}

export interface DecodeCalls {
  /** embeddings, positions, segments, starts: runs prompts through and fills the caches. Gives the most likely next tokens. */
  prefill: { inputs: GraphTensor[]; best: GraphTensor[] };
  /** tokens, place: appends one token a sequence. */
  step: { inputs: GraphTensor[]; best: GraphTensor[] };
  /** Logits of the last call. */
  logits: GraphTensor[];
  /** rows: makes row i go on from what was row rows[i]. */
  reorder: { inputs: GraphTensor[]; done: GraphTensor[] };
}

interface LayerCache {
  keys: GraphVariable;
  values: GraphVariable;
}

const float = { type: dataTypes.float };
const int32 = { type: dataTypes.int32 };

/**
 * A decoder's prefill and its single step as TensorFlow graphs, traced from the decoder's own layers. Weights, caches (of fixed length, written
 * in place) and the last logits live in the graph's variables.
 */
export class DecodeGraph {
  readonly calls: DecodeCalls;
  readonly graph: CompiledGraph;
  readonly #builder = new GraphBuilder();
  readonly #variables: GraphVariables;
  readonly #caches: LayerCache[];
  readonly #starts: GraphVariable;
  readonly #logits: GraphVariable;

  constructor(
    private readonly decoder: Decoder,
    readonly sizes: DecodeSizes,
  ) {
    const { layers, keyValueHeads, headSize, vocabulary } = decoder.spec;
    const { batch, capacity } = sizes;
    // Products of a single row read matrices as they are.
    this.#variables = new (batch > 1 ? TurnedGraphVariables : GraphVariables)(this.#builder);
    const places = [batch * keyValueHeads * capacity, headSize];
    this.#caches = Array.from({ length: layers }, () => ({ keys: this.#variables.zeros(places), values: this.#variables.zeros(places) }));
    this.#starts = this.#variables.zeros([batch], dataTypes.int32);
    this.#logits = this.#variables.zeros([batch, vocabulary]);
    this.calls = { prefill: this.#prefill(), step: this.#step(), logits: [this.#logits.read], reorder: this.#reorder() };
    const fill = this.#variables.finish();
    this.graph = new CompiledGraph(this.#builder);
    fill(this.graph);
  }

  dispose(): void {
    this.graph.dispose();
  }

  #prefill(): DecodeCalls['prefill'] {
    const { decoder, sizes } = this;
    const { batch, length, capacity } = sizes;
    const { keyValueHeads, hidden } = decoder.spec;
    const rows = batch * length;
    const filled: GraphTensor[] = [];
    const places = this.#integers(
      Array.from({ length: batch * keyValueHeads * length }, (_, i) => Math.floor(i / length) * capacity + (i % length)),
    );
    const specs = {
      embeddings: { shape: [rows, hidden], dtype: 'float32' },
      positions: { shape: [rows], dtype: 'int32' },
      segments: { shape: [batch, length], dtype: 'float32' },
      starts: { shape: [batch], dtype: 'int32' },
    } as const;
    const traced = trace(this.#builder, specs, this.#variables, ({ embeddings, positions, segments, starts }, scope) => {
      filled.push(this.#variables.assignFed(this.#starts, scope.node(starts!)));
      const k = kernels();
      const within = decoder.attention({ batch, length, positions: positions!, segments: segments! });
      const attend: Attend = (layer, queries, keys, values) => {
        const store = (variable: GraphVariable, of: Tensor) => {
          const [split] = k.splitHeads(of, 1, { batch, length, heads: keyValueHeads });
          filled.push(this.#write(variable, places, scope.node(k.reshape(split!, [batch * keyValueHeads * length, -1]))));
        };
        store(this.#caches[layer]!.keys, keys);
        store(this.#caches[layer]!.values, values);
        return within(layer, queries, keys, values);
      };
      const last = scope.tensor(this.#integers(Array.from({ length: batch }, (_, row) => (row + 1) * length - 1)), {
        shape: [batch],
        dtype: 'int32',
      });
      return [decoder.logits(decoder.pass(embeddings!, positions!, attend, { rows: last }))];
    });
    return { inputs: Object.values(traced.inputs), best: this.#best(traced.outputs[0]!, filled) };
  }

  #step(): DecodeCalls['step'] {
    const { decoder, sizes } = this;
    const { batch, capacity } = sizes;
    const { keyValueHeads, heads, headSize, windows } = decoder.spec;
    const specs = { tokens: { shape: [batch], dtype: 'int32' }, place: { shape: [], dtype: 'int32' } } as const;
    const traced = trace(this.#builder, specs, this.#variables, ({ tokens, place }, scope) => {
      const at = scope.node(place!);
      const positions = this.#node('Sub', int32, at, this.#starts.read);
      const first = this.#integers(Array.from({ length: batch * keyValueHeads }, (_, row) => row * capacity));
      const rows = this.#node('AddV2', int32, first, at);
      const masks = new Map([...new Set(windows)].map((window) => [window, this.#mask(at, window, scope)]));
      const k = kernels();
      const attend: Attend = (layer, queries, keys, values) => {
        const stored = (variable: GraphVariable, of: Tensor) => {
          const all = this.#write(variable, rows, scope.node(k.reshape(of, [batch * keyValueHeads, headSize])));
          const cache = scope.tensor(all, { shape: [batch * keyValueHeads * capacity, headSize], dtype: 'float32' });
          return k.reshape(cache, [batch, keyValueHeads, capacity, headSize]);
        };
        const grouped = k.reshape(queries, [batch, keyValueHeads, heads / keyValueHeads, headSize]);
        const scores = k.smallMatMul(grouped, stored(this.#caches[layer]!.keys, keys), false, true);
        const weights = k.smallSoftmax(k.add(scores, masks.get(windows[layer]!)!));
        return k.reshape(k.smallMatMul(weights, stored(this.#caches[layer]!.values, values)), [batch, heads * headSize]);
      };
      const x = decoder.embed(tokens!);
      const hidden = decoder.pass(x, scope.tensor(positions, { shape: [batch], dtype: 'int32' }), attend);
      return [decoder.logits(hidden)];
    });
    return { inputs: Object.values(traced.inputs), best: this.#best(traced.outputs[0]!, []) };
  }

  #reorder(): DecodeCalls['reorder'] {
    const { batch } = this.sizes;
    const rows = this.#builder.node('Placeholder', [], { dtype: int32, shape: { shape: [batch] } });
    const zero = this.#builder.constant(dataTypes.int32, [], Int32Array.of(0));
    const reordered = [...this.#caches.flatMap(({ keys, values }) => [keys, values]), this.#starts, this.#logits].map((variable) => {
      const { read, shape, dtype } = variable;
      // Caches have many rows a sequence.
      const perRow = shape[0]! / batch;
      const reshape = (tensor: GraphTensor, to: readonly number[]) =>
        this.#builder.node('Reshape', [tensor, this.#integers(to)], { T: { type: dtype }, Tshape: int32 });
      const parts = reshape(read, [batch, perRow, ...shape.slice(1)]);
      const types = { Tparams: { type: dtype }, Tindices: int32, Taxis: int32, batch_dims: { integer: 0 } };
      return this.#variables.assign(variable, reshape(this.#builder.node('GatherV2', [parts, rows, zero], types), shape));
    });
    return { inputs: [rows], done: [this.#builder.group(reordered)] };
  }

  /** 0 or -1e9 for every place of the cache, [batch, 1, 1, capacity]: a token sees places from its sequence's start, or its window's, to itself. */
  #mask(at: GraphTensor, window: number | null, scope: TraceScope): Tensor {
    const { batch, capacity } = this.sizes;
    const range = this.#builder.constant(
      dataTypes.int32,
      [1, capacity],
      Int32Array.from({ length: capacity }, (_, i) => i),
    );
    const started = this.#node('GreaterEqual', int32, range, this.#reshaped(this.#starts.read, [batch, 1]));
    const past = this.#node('LessEqual', int32, range, at);
    let seen = this.#builder.node('LogicalAnd', [started, past]);
    if (window !== null) {
      const near = this.#node('Greater', int32, range, this.#node('Sub', int32, at, this.#scalar(window)));
      seen = this.#builder.node('LogicalAnd', [seen, near]);
    }
    const zero = this.#builder.constant(dataTypes.float, [], Float32Array.of(0));
    const away = this.#builder.constant(dataTypes.float, [], Float32Array.of(-1e9));
    const mask = this.#reshaped(this.#builder.node('SelectV2', [seen, zero, away], { T: float }), [batch, 1, 1, capacity], float);
    return scope.tensor(mask, { shape: [batch, 1, 1, capacity], dtype: 'float32' });
  }

  /** Rows of a cache written in its own buffer; gives the whole cache as it is then. */
  #write(variable: GraphVariable, rows: GraphTensor, values: GraphTensor): GraphTensor {
    // A read of its own: a tensor that something else holds too would be copied.
    return this.#builder.node('InplaceUpdate', [this.#variables.readAfter(variable, []), rows, values], { T: float });
  }

  /** The most likely token of each row, fetched after the logits have been kept and `after` has been done. */
  #best(logits: GraphTensor, after: readonly GraphTensor[]): GraphTensor[] {
    const kept = this.#variables.assign(this.#logits, logits);
    const types = { T: float, Tidx: int32, output_type: int32 };
    const best = this.#builder.node('ArgMax', [logits, this.#scalar(1)], types);
    return [this.#builder.node('Identity', [best], { T: int32 }, { after: [kept, ...after] })];
  }

  #node(op: string, T: { type: number }, ...inputs: GraphTensor[]): GraphTensor {
    return this.#builder.node(op, inputs, { T });
  }

  #reshaped(tensor: GraphTensor, shape: readonly number[], T: { type: number } = int32): GraphTensor {
    return this.#builder.node('Reshape', [tensor, this.#integers(shape)], { T, Tshape: int32 });
  }

  #integers(values: readonly number[]): GraphTensor {
    return this.#builder.constant(dataTypes.int32, [values.length], Int32Array.from(values));
  }

  #scalar(value: number): GraphTensor {
    return this.#builder.constant(dataTypes.int32, [], Int32Array.of(value));
  }
}
