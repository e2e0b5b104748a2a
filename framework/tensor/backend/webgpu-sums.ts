import type { KernelFunc, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs';
import type { Tf } from './union-module.js';

interface Releasing {
  device: { limits: { maxStorageBuffersPerShaderStage: number } };
  disposeData(dataId: object): unknown;
}

/**
 * Lets `tf.addN` of any number of tensors be right on webgpu: the backend binds all of them to one program, which may have 8 storage buffers
 * with its output; here long sums are sums of sums.
 */
export function splitLongSums(tf: Tf): void {
  const sum = tf.getKernel('AddN', 'webgpu');
  const add: KernelFunc = (params) => {
    const backend = params.backend as unknown as Releasing;
    const most = backend.device.limits.maxStorageBuffersPerShaderStage - 1;
    const terms = params.inputs as unknown as TensorInfo[];
    const of = (inputs: TensorInfo[]) => sum.kernelFunc({ ...params, inputs: inputs as unknown as NamedTensorInfoMap }) as TensorInfo;
    let rest = terms;
    let partial: TensorInfo | undefined;
    while (rest.length > most) {
      const next = of(rest.slice(0, most));
      if (partial) backend.disposeData(partial.dataId);
      partial = next;
      rest = [partial, ...rest.slice(most)];
    }
    const total = of(rest);
    if (partial) backend.disposeData(partial.dataId);
    return total;
  };
  tf.unregisterKernel('AddN', 'webgpu');
  tf.registerKernel({ ...sum, kernelFunc: add });
}
