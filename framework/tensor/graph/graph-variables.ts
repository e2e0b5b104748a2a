import type { Tensor } from '@tensorflow/tfjs';
import type { HostArray } from '../../contracts/index.js';
import type { CompiledGraph } from './compiled-graph.js';
import { dataTypes, type GraphBuilder, type GraphTensor } from './graph-builder.js';
import type { Captures } from './trace.js';

/** A variable of a graph. */
export interface GraphVariable {
  handle: GraphTensor;
  /** Reads it, whenever in a call. */
  read: GraphTensor;
  dtype: number;
  shape: readonly number[];
}

interface Start {
  feed: GraphTensor;
  assign: GraphTensor;
  source: Tensor;
}

/** Tensors from outside that are larger than this many numbers become variables, which are fed once; others constants. */
const inlined = 1024;

/** Numbers that go in or out in one call, about: they stand in memory three times for a moment, but every other call has to be planned anew. */
const portion = 8_000_000;

/** Items in groups of about that many numbers. */
export function inPortions<Item>(items: readonly Item[], sizeOf: (item: Item) => number): Item[][] {
  const portions: Item[][] = [];
  let size = Infinity;
  for (const item of items) {
    if (size >= portion) {
      portions.push([]);
      size = 0;
    }
    portions.at(-1)!.push(item);
    size += sizeOf(item);
  }
  return portions;
}

/** The variables of a graph: those that stand for tensors from outside, which start from their values, and those of its own. */
export class GraphVariables implements Captures {
  readonly #captured = new Map<object, GraphVariable>();
  readonly #transposed = new Map<object, GraphVariable>();
  readonly #constants = new Map<object, GraphTensor>();
  readonly #starts: Start[] = [];
  readonly #zeros: GraphTensor[] = [];
  #count = 0;

  constructor(private readonly builder: GraphBuilder) {}

  node(tensor: Tensor): GraphTensor {
    if (tensor.size > inlined && tensor.dtype === 'float32') return this.variable(tensor).read;
    let node = this.#constants.get(tensor.dataId);
    if (node === undefined) {
      const type = tensor.dtype === 'int32' ? dataTypes.int32 : dataTypes.float;
      node = this.#captured.get(tensor.dataId)?.read ?? this.builder.constant(type, tensor.shape, tensor.dataSync() as Float32Array);
      this.#constants.set(tensor.dataId, node);
    }
    return node;
  }

  /** The variable that stands for a float32 tensor. */
  variable(source: Tensor): GraphVariable {
    let variable = this.#captured.get(source.dataId);
    if (!variable) this.#captured.set(source.dataId, (variable = this.#fed(source, source.shape, (fed) => fed)));
    return variable;
  }

  /** Starts as zeros, in a buffer of its own that updates may work on in place. */
  zeros(shape: readonly number[], dtype: number = dataTypes.float): GraphVariable {
    const variable = this.#make(shape, dtype);
    this.#zeros.push(this.assignZeros(variable));
    return variable;
  }

  assignZeros(variable: GraphVariable, after: readonly GraphTensor[] = []): GraphTensor {
    const { shape, dtype } = variable;
    const sides = this.builder.constant(dataTypes.int32, [shape.length], Int32Array.from(shape));
    // Constants of equal value would share one buffer, and be copied when updated, or updated together.
    const empty = this.builder.node('Empty', [sides], { dtype: { type: dtype }, init: { flag: true } }, { after });
    return this.assign(variable, empty);
  }

  /** A read that happens after these nodes. */
  readAfter({ handle, dtype }: GraphVariable, after: readonly GraphTensor[]): GraphTensor {
    return this.builder.node('ReadVariableOp', [handle], { dtype: { type: dtype } }, { after });
  }

  assign({ handle, dtype }: GraphVariable, value: GraphTensor): GraphTensor {
    return this.builder.node('AssignVariableOp', [handle, value], { dtype: { type: dtype } });
  }

  /**
   * What is fed shares memory with a JavaScript array, which the addon lets go where the last reference ends. Of a variable that is a thread of
   * TensorFlow's own at the next update, and napi_delete_reference on another thread than JavaScript's breaks the heap: variables take copies.
   */
  assignFed(variable: GraphVariable, feed: GraphTensor): GraphTensor {
    return this.assign(variable, this.#copy(feed, variable.dtype));
  }

  /** A way to feed a variable later: the placeholder, and the node that takes it over. */
  feed(variable: GraphVariable): { feed: GraphTensor; assign: GraphTensor } {
    const { shape, dtype } = variable;
    const feed = this.builder.node('Placeholder', [], { dtype: { type: dtype }, shape: { shape } });
    return { feed, assign: this.assignFed(variable, feed) };
  }

  /** To be called when all is traced, before the graph is made: what it gives fills the variables of the graph then. */
  finish(): (graph: CompiledGraph) => void {
    const zeroed = this.builder.group(this.#zeros);
    const portions = inPortions(this.#starts, ({ source }) => source.size);
    const done = portions.map((starts) => this.builder.group(starts.map(({ assign }) => assign)));
    return (graph) => {
      graph.run([], [], [zeroed]);
      portions.forEach((starts, i) => {
        const fed = starts.map(({ source }): HostArray => ({ data: source.dataSync() as Float32Array, shape: source.shape }));
        graph.run(
          starts.map(({ feed }) => feed),
          fed,
          [done[i]!],
        );
      });
    };
  }

  protected transposedVariable(source: Tensor): GraphVariable {
    let variable = this.#transposed.get(source.dataId);
    if (!variable) {
      const order = this.builder.constant(dataTypes.int32, [2], Int32Array.of(1, 0));
      const types = { T: { type: dataTypes.float }, Tperm: { type: dataTypes.int32 } };
      variable = this.#fed(source, [...source.shape].reverse(), (fed) => this.builder.node('Transpose', [fed, order], types));
      this.#transposed.set(source.dataId, variable);
    }
    return variable;
  }

  #fed(source: Tensor, shape: readonly number[], of: (fed: GraphTensor) => GraphTensor): GraphVariable {
    const variable = this.#make(shape, dataTypes.float);
    const feed = this.builder.node('Placeholder', [], { dtype: { type: dataTypes.float }, shape: { shape: source.shape } });
    this.#starts.push({ feed, assign: this.assign(variable, of(this.#copy(feed, dataTypes.float))), source });
    return variable;
  }

  #copy(tensor: GraphTensor, dtype: number): GraphTensor {
    return this.builder.node('DeepCopy', [tensor], { T: { type: dtype } });
  }

  #make(shape: readonly number[], dtype: number): GraphVariable {
    const handle = this.builder.node('VarHandleOp', [], {
      dtype: { type: dtype },
      shape: { shape },
      shared_name: { text: `variable-${this.#count++}` },
      container: { text: '' },
    });
    return { handle, read: this.builder.node('ReadVariableOp', [handle], { dtype: { type: dtype } }), dtype, shape };
  }
}

/** Keeps matrices turned for products that want them turned: with few rows a product is up to three times as fast so. */
export class TurnedGraphVariables extends GraphVariables {
  transposed(tensor: Tensor): GraphTensor {
    return this.transposedVariable(tensor).read;
  }
}
