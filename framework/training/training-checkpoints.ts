import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { readSafetensors, writeSafetensors, type StoredTensor } from '../tensor/index.js';
import type { Evaluation, EvaluationRecord } from './evaluation-record.js';
import type { OptimizerState } from './optimizer.js';
import type { TuneStep } from './tune-step.js';

/** Where a training stands. Together with the seed it settles the schedule, the data order and every draw that follows. */
export interface TrainingProgress {
  /** Index of the stage, steps done in it, and in all. */
  stage: number;
  stageStep: number;
  step: number;
  /** The next batch of the stage, to see that the data order is still the same. */
  next: readonly number[];
  record: EvaluationRecord;
  /** All so far. */
  steps: TuneStep[];
  evaluations: Evaluation[];
}

export interface TrainingState {
  progress: TrainingProgress;
  /** All variables that were trained so far, by `<part>/<name>`. */
  variables: Readonly<Record<string, StoredTensor>>;
  optimizer: OptimizerState;
}

const format = 'mienlab-training-1';
const kept = 2;

/**
 * Checkpoints that a training goes on from, the newest two: a safetensors file each, `step-N.safetensors`, written aside and renamed, with a
 * digest over all that is in it.
 */
export class TrainingCheckpoints {
  constructor(
    private readonly folder: string,
    private readonly log: Log,
  ) {}

  save({ progress, variables, optimizer }: TrainingState): void {
    const tensors = { ...within('variables', variables), ...within('optimizer', optimizer) };
    const told = JSON.stringify(progress);
    writeSafetensors(this.#file(progress.step), tensors, { format, progress: told, digest: digestOf(told, tensors) });
    for (const step of this.#steps().slice(kept)) rmSync(this.#file(step), { force: true });
  }

  /** The newest that is whole; of a damaged one it is warned. Null where there is none. */
  latest(): TrainingState | null {
    this.#sweep();
    for (const step of this.#steps()) {
      try {
        return this.#read(this.#file(step));
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        this.log.warn(`a checkpoint is not used: ${error.message}`);
      }
    }
    return null;
  }

  #file(step: number): string {
    return join(this.folder, `step-${step}.safetensors`);
  }

  /** Newest first. */
  #steps(): number[] {
    const names = existsSync(this.folder) ? readdirSync(this.folder) : [];
    return names.flatMap((name) => /^step-(\d+)\.safetensors$/.exec(name)?.slice(1).map(Number) ?? []).sort((a, b) => b - a);
  }

  /** What processes left half-written that are no more. */
  #sweep(): void {
    for (const name of existsSync(this.folder) ? readdirSync(this.folder) : []) {
      const writer = /\.(\d+)\.part$/.exec(name)?.[1];
      if (writer !== undefined && !isAlive(Number(writer))) rmSync(join(this.folder, name), { force: true });
    }
  }

  #read(file: string): TrainingState {
    const { tensors, metadata } = readSafetensors(file);
    const told = metadata['progress'] ?? '';
    if (metadata['format'] !== format || metadata['digest'] !== digestOf(told, tensors)) {
      throw new Fault('CHECKPOINT_INVALID', `${file}: its content is not what was written`, { where: { source: file } });
    }
    return {
      progress: JSON.parse(told) as TrainingProgress,
      variables: of('variables', tensors),
      optimizer: of('optimizer', tensors),
    };
  }
}

function within(prefix: string, tensors: Readonly<Record<string, StoredTensor>>): Record<string, StoredTensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${prefix}/${name}`, tensor]));
}

function of(prefix: string, tensors: Readonly<Record<string, StoredTensor>>): Record<string, StoredTensor> {
  const start = `${prefix}/`;
  const named = Object.entries(tensors).filter(([name]) => name.startsWith(start));
  return Object.fromEntries(named.map(([name, tensor]) => [name.slice(start.length), tensor]));
}

function digestOf(told: string, tensors: Readonly<Record<string, StoredTensor>>): string {
  const hash = createHash('sha256').update(told);
  for (const name of Object.keys(tensors).sort()) {
    const { shape, data } = tensors[name]!;
    hash.update(`${name} ${shape.join()}`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return pid !== process.pid;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
