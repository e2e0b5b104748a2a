/** The backends that can be chosen, as `tensor.backend` spells them. */
export const backendNames = ['tensorflow', 'webgpu', 'wasm', 'cpu'] as const;
export type BackendName = (typeof backendNames)[number];

/** What the tensors lie on. A software adapter of WebGPU counts as a CPU. */
interface BackendDevice {
  kind: 'cpu' | 'gpu';
  /** For people: the model's name and, for a CPU, how many threads are used. */
  name: string;
}

/** A backend that was started in this process. */
export interface OpenBackend {
  device: BackendDevice;
  /** Package or library name to version. */
  versions: Record<string, string>;
  /** What choosing it costs against `tensorflow`, one sentence; absent where it costs nothing. */
  cost?: string;
}

/** One backend that was looked at, in order; `why` says why it was taken or passed over. */
export interface TriedBackend {
  name: BackendName;
  ok: boolean;
  why: string;
}

export interface BackendChoice extends OpenBackend {
  name: BackendName;
  /** Why this one, one sentence: for the terminal and the run's tags. */
  reason: string;
  tried: TriedBackend[];
}
