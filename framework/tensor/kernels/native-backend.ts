import type { Tensor } from '@tensorflow/tfjs';

export interface OpAttribute {
  name: string;
  type: number;
  value: boolean | number | string | number[];
}

interface TensorHandle {
  id: number;
  shape: number[];
  dtype: number;
}

/** TensorFlow's C interface as @tensorflow/tfjs-node 4.22 binds it. Tensors are ids that the caller deletes. */
export interface NativeBinding {
  createTensor(shape: readonly number[], dtype: number, data: Uint8Array | Float32Array | Int32Array): number;
  deleteTensor(id: number): void;
  executeOp(name: string, attributes: readonly OpAttribute[], inputs: readonly number[], outputs: number): TensorHandle[];
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_BOOL: number;
  readonly TF_UINT8: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
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
