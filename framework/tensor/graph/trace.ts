import type { Tensor } from '@tensorflow/tfjs';
import { kernels } from '../kernels/kernels.js';
import { isNativeBackend, type NativeBackend, type NativeBinding, type OpAttribute } from '../kernels/native-backend.js';
import { tensorflow } from '../tensorflow.js';
import { dataTypes, type GraphBuilder, type GraphTensor } from './graph-builder.js';
import { untraceable } from './shape-functions.js';
import { symbolicBinding, type TraceOptions } from './symbolic-binding.js';

/** What tells a graph's input from another: its shape and type. */
export interface InputSpec {
  shape: readonly number[];
  dtype: 'float32' | 'int32';
}

/** Gives the nodes that stand for tensors from outside the trace: variables, masks. */
export interface Captures {
  node(tensor: Tensor): GraphTensor;
  /** The same matrix turned, where products had better read it so. */
  transposed?(tensor: Tensor): GraphTensor;
}

/** Between the two worlds, for what only a graph can do. */
export interface TraceScope {
  tensor(node: GraphTensor, spec: InputSpec): Tensor;
  node(tensor: Tensor): GraphTensor;
  /** An operation by name with one result. */
  operation(name: string, attributes: readonly OpAttribute[], inputs: readonly Tensor[]): Tensor;
}

export interface Traced {
  /** Placeholders by input name. */
  inputs: Record<string, GraphTensor>;
  /** Of each tensor that `body` gave, in its order. */
  outputs: (GraphTensor | null)[];
}

const backendName = 'mienlab-graph';

/** The members of tfjs-node's backend class that a trace does otherwise. */
interface BackendInternals extends NativeBackend {
  incRef(dataId: object): void;
  refCount(dataId: object): number;
  disposeData(dataId: object, force?: boolean): boolean;
}
type BackendClass = new (binding: NativeBinding, packageName: string) => BackendInternals;

/** Kernels are looked up by the backend's name: the tracing backend has the native one's, which call the binding. */
function registerKernels(): void {
  const tf = tensorflow();
  if (tf.getKernelsForBackend(backendName).length) return;
  for (const kernel of tf.getKernelsForBackend('tensorflow')) tf.registerKernel({ ...kernel, backendName });
}

/**
 * Runs `body` once over tensors that have shapes and types but no values, and writes what it does as nodes of `builder`. Gradients are
 * traced as everything else. The tensors that it gives are freed. Only on the backend `tensorflow`.
 * With `bf16`, products of matrices round their factors to bfloat16.
 * Throws Fault TENSOR_UNTRACEABLE where the code reads values or calls an operation whose result's shape is not known before.
 */
export function trace(
  builder: GraphBuilder,
  specs: Readonly<Record<string, InputSpec>>,
  captures: Captures,
  body: (inputs: Record<string, Tensor>, scope: TraceScope) => readonly (Tensor | null)[],
  options: TraceOptions = {},
): Traced {
  const tf = tensorflow();
  const native = tf.backend() as unknown as BackendInternals;
  if (!isNativeBackend(native)) throw untraceable('trace', 'graphs run on the backend tensorflow only');
  registerKernels();
  const binding = symbolicBinding(native.binding, builder, options);
  const captured = new WeakMap<object, number>();

  class TraceBackend extends (native.constructor as BackendClass) {
    /** Whether the tensor was made within the trace. */
    #own(dataId: object): boolean {
      return (this.tensorMap as unknown as { has(dataId: object): boolean }).has(dataId);
    }

    override getInputTensorIds(tensors: readonly Tensor[]): number[] {
      return tensors.map((tensor) => {
        if (this.#own(tensor.dataId)) return super.getInputTensorIds([tensor])[0]!;
        let id = captured.get(tensor.dataId);
        if (id === undefined) {
          const dtype = tensor.dtype === 'int32' ? dataTypes.int32 : dataTypes.float;
          const { transposed } = captures;
          const turned = transposed && tensor.rank === 2 ? () => transposed.call(captures, tensor) : undefined;
          captured.set(tensor.dataId, (id = binding.adopt({ shape: tensor.shape, dtype }, captures.node(tensor), turned)));
        }
        return id;
      });
    }

    override incRef(dataId: object): void {
      if (this.#own(dataId)) super.incRef(dataId);
      else native.incRef(dataId);
    }

    override refCount(dataId: object): number {
      return this.#own(dataId) ? super.refCount(dataId) : native.refCount(dataId);
    }

    override disposeData(dataId: object, force?: boolean): boolean {
      return this.#own(dataId) ? super.disposeData(dataId, force) : native.disposeData(dataId, force);
    }
  }

  const backend = new TraceBackend(binding, '@tensorflow/tfjs-node-gpu');
  const engine = tf.engine();
  engine.registerBackend(backendName, () => backend as never);
  // Takes effect at once: what it gives back to wait for concerns backends that start asynchronously.
  void engine.setBackend(backendName);
  engine.startScope();
  try {
    const scope: TraceScope = {
      tensor: (node, { shape, dtype }) => {
        const type = dtype === 'int32' ? dataTypes.int32 : dataTypes.float;
        return backend.createOutputTensor({ id: binding.adopt({ shape, dtype: type }, node), shape: [...shape], dtype: type });
      },
      node: (tensor) => binding.nodeOf(backend.getInputTensorIds([tensor])[0]!),
      operation: (name, attributes, operands) => backend.executeSingleOutput(name, attributes, operands),
    };
    const inputs: Record<string, GraphTensor> = {};
    const tensors = Object.entries(specs).map(([name, spec]) => {
      const type = spec.dtype === 'int32' ? dataTypes.int32 : dataTypes.float;
      inputs[name] = builder.node('Placeholder', [], { dtype: { type }, shape: { shape: spec.shape } });
      return [name, scope.tensor(inputs[name], spec)];
    });
    const results = body(Object.fromEntries(tensors) as Record<string, Tensor>, scope);
    const outputs = results.map((tensor) => tensor && scope.node(tensor));
    // They may have been kept from the scope's end.
    tf.dispose(results.filter((tensor) => tensor !== null));
    return { inputs, outputs };
  } finally {
    kernels().release();
    engine.endScope();
    void engine.setBackend('tensorflow');
    engine.removeBackend(backendName);
  }
}
