import type { Tensor, Variable } from '@tensorflow/tfjs';
import { tensorflow } from '../tensorflow.js';
import { dataTypes, type GraphBuilder, type GraphTensor } from './graph-builder.js';
import type { Captures } from './trace.js';

/**
 * Tensors from outside a trace as placeholders, fed with each call by handle: the graph has no copy of them, and of a variable it sees
 * the value at the time of the call.
 */
export class LentTensors implements Captures {
  readonly inputs: GraphTensor[] = [];
  readonly tensors: Tensor[] = [];
  readonly #nodes = new Map<object, GraphTensor>();
  readonly #kept: Tensor[] = [];

  constructor(
    private readonly builder: GraphBuilder,
    private readonly variables: readonly Variable[],
  ) {}

  node(tensor: Tensor): GraphTensor {
    const known = this.#nodes.get(tensor.dataId);
    if (known !== undefined) return known;
    const dtype = { type: tensor.dtype === 'int32' ? dataTypes.int32 : dataTypes.float };
    const node = this.builder.node('Placeholder', [], { dtype, shape: { shape: tensor.shape } });
    this.#nodes.set(tensor.dataId, node);
    this.inputs.push(node);
    this.tensors.push(this.variables.find(({ dataId }) => dataId === tensor.dataId) ?? this.#keep(tensor));
    return node;
  }

  dispose(): void {
    tensorflow().dispose(this.#kept);
  }

  /** Another than a variable may be freed by whoever made it. */
  #keep(tensor: Tensor): Tensor {
    const kept = tensorflow().keep(tensor.clone());
    this.#kept.push(kept);
    return kept;
  }
}
