import type { Tensor } from '@tensorflow/tfjs';

export interface OpAttribute {
  name: string;
  type: number;
  value: boolean | number | string | number[];
}

export interface TensorHandle {
  id: number;
  shape: number[];
  dtype: number;
}

/** TensorFlow's C interface as @tensorflow/tfjs-node 4.22 binds it. Tensors are ids that the caller deletes. */
export interface NativeBinding {
  createTensor(shape: readonly number[], dtype: number, data: Uint8Array | Float32Array | Int32Array): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  executeOp(name: string, attributes: readonly OpAttribute[], inputs: readonly number[], outputs: number): TensorHandle[];
  isUsingGpuDevice(): boolean;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_INT64: number;
  readonly TF_BOOL: number;
  readonly TF_UINT8: number;
  readonly TF_COMPLEX64: number;
  readonly TF_STRING: number;
  readonly TF_RESOURCE: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
  readonly TF_ATTR_RESOURCE: number;
  readonly TF_Version: string;
}

/** Graphs in sessions of their own; names are joined by commas. */
export interface SessionBinding extends NativeBinding {
  loadSavedModel(folder: string, tags: string): number;
  runSavedModel(session: number, inputs: readonly number[], inputNames: string, outputNames: string): TensorHandle[];
  deleteSavedModel(session: number): void;
}

/** The backend `tensorflow`, with those of its inner members that direct calls need; the version is pinned for their sake. */
export interface NativeBackend {
  readonly binding: NativeBinding;
  readonly tensorMap: { get(dataId: object): { id: number } };
  getInputTensorIds(tensors: readonly Tensor[]): number[];
  createOutputTensor(handle: TensorHandle): Tensor;
  executeSingleOutput(name: string, attributes: readonly OpAttribute[], inputs: readonly Tensor[]): Tensor;
  executeMultipleOutputs(name: string, attributes: readonly OpAttribute[], inputs: readonly Tensor[], outputs: number): Tensor[];
}

export function isNativeBackend(backend: object): backend is NativeBackend {
  return 'binding' in backend && 'executeSingleOutput' in backend;
}

/** Builders of operation attributes. */
export function attributes(binding: NativeBinding) {
  return {
    type: (name: string, value: number): OpAttribute => ({ name, type: binding.TF_ATTR_TYPE, value }),
    flag: (name: string, value: boolean): OpAttribute => ({ name, type: binding.TF_ATTR_BOOL, value }),
    integer: (name: string, value: number): OpAttribute => ({ name, type: binding.TF_ATTR_INT, value }),
    text: (name: string, value: string): OpAttribute => ({ name, type: binding.TF_ATTR_STRING, value }),
    shape: (name: string, value: number[]): OpAttribute => ({ name, type: binding.TF_ATTR_SHAPE, value }),
  };
}
