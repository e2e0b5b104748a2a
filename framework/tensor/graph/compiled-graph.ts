import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs';
import type { HostArray } from '../../contracts/index.js';
import { Fault } from '../../faults/index.js';
import type { NativeBackend, SessionBinding } from '../kernels/native-backend.js';
import { tensorflow } from '../tensorflow.js';
import type { GraphBuilder, GraphTensor } from './graph-builder.js';

const output = (tensor: GraphTensor) => (tensor.includes(':') ? tensor : `${tensor}:0`);

/** A graph in a TensorFlow session of its own, with the variables it names. */
export class CompiledGraph {
  readonly #binding: SessionBinding;
  #session: number | undefined;
  /** Joined names of calls made before. */
  readonly #names = new Map<readonly GraphTensor[], string>();

  constructor(builder: GraphBuilder) {
    this.#binding = (tensorflow().backend() as unknown as { binding: SessionBinding }).binding;
    const folder = mkdtempSync(join(tmpdir(), 'mienlab-graph-'));
    try {
      writeFileSync(join(folder, 'saved_model.pb'), builder.savedModel());
      this.#session = this.#binding.loadSavedModel(folder, 'serve');
    } catch (cause) {
      throw new Fault('TENSOR_UNTRACEABLE', `TensorFlow does not take the graph: ${(cause as Error).message}`, { cause });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /**
   * Runs the graph: `fed` lie parallel to `inputs`, bytes as float32; `lent`, tensors that stay where they are, follow. Gives the values of
   * `outputs`; lists that are the same objects in later calls save time.
   */
  run(
    inputs: readonly GraphTensor[],
    fed: readonly HostArray[],
    outputs: readonly GraphTensor[],
    lent: readonly Tensor[] = [],
  ): (Float32Array | Int32Array | Uint8Array)[] {
    const { TF_FLOAT, TF_INT32 } = this.#binding;
    const ids = fed.map(({ data, shape }) =>
      data instanceof Int32Array
        ? this.#binding.createTensor(shape, TF_INT32, data)
        : this.#binding.createTensor(shape, TF_FLOAT, data instanceof Uint8Array ? new Float32Array(data) : data),
    );
    const lentIds = lent.length ? (tensorflow().backend() as unknown as NativeBackend).getInputTensorIds(lent) : [];
    let results: { id: number }[];
    try {
      results = this.#binding.runSavedModel(this.#session!, [...ids, ...lentIds], this.#joined(inputs), this.#joined(outputs));
    } finally {
      for (const id of ids) this.#binding.deleteTensor(id);
    }
    return results.map(({ id }) => {
      const values = this.#binding.tensorDataSync(id);
      this.#binding.deleteTensor(id);
      return values;
    });
  }

  dispose(): void {
    if (this.#session !== undefined) this.#binding.deleteSavedModel(this.#session);
    this.#session = undefined;
  }

  #joined(names: readonly GraphTensor[]): string {
    let joined = this.#names.get(names);
    if (joined === undefined) this.#names.set(names, (joined = names.map(output).join()));
    return joined;
  }
}
