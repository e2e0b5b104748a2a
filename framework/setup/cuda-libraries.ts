import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** What TensorFlow opens by name, and what XLA compiles with; below `nvidia` beside the library, where its run path looks. */
const files = [
  'cublas/lib/libcublas.so.12',
  'cublas/lib/libcublasLt.so.12',
  'cuda_cupti/lib/libcupti.so.12',
  'cuda_nvcc/bin/ptxas',
  'cuda_nvcc/nvvm/libdevice/libdevice.10.bc',
  'cuda_nvrtc/lib/libnvrtc.so.12',
  'cuda_runtime/lib/libcudart.so.12',
  'cudnn/lib/libcudnn.so.9',
  'cufft/lib/libcufft.so.11',
  'curand/lib/libcurand.so.10',
  'cusolver/lib/libcusolver.so.11',
  'cusparse/lib/libcusparse.so.12',
  'nccl/lib/libnccl.so.2',
  'nvjitlink/lib/libnvJitLink.so.12',
];

/** Those of the CUDA 12 libraries that are not where set-up puts them; empty where all are there. */
export function missingCudaLibraries(libtensorflow: string, exists: (path: string) => boolean = existsSync): string[] {
  return files.filter((file) => !exists(join(libtensorflow, 'nvidia', file)));
}
