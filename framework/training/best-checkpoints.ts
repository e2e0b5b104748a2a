import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.js';
import type { Evaluation } from './evaluation-record.js';
import type { Model } from './model.js';

/** Whole checkpoints of a stage's best evaluations, a folder each, `STAGE-step-N`: what `checkpoint` in a config takes. */
export class BestCheckpoints {
  constructor(private readonly folder: string) {}

  async save(stage: string, { step }: Evaluation, model: Model): Promise<void> {
    await saveCheckpoint(this.#path(stage, step), model);
  }

  load(stage: string, { step }: Evaluation, model: Model): void {
    loadCheckpoint(this.#path(stage, step), model);
  }

  /** Removes those of the stage that are not among the best. */
  prune(stage: string, best: readonly Evaluation[]): void {
    const wanted = best.map(({ step }) => this.#name(stage, step));
    for (const name of existsSync(this.folder) ? readdirSync(this.folder) : []) {
      const own = name.startsWith(this.#name(stage, '')) && !wanted.includes(name);
      if (own) rmSync(join(this.folder, name), { recursive: true, force: true });
    }
  }

  #name(stage: string, step: number | ''): string {
    return `${stage}-step-${step}`;
  }

  #path(stage: string, step: number): string {
    return join(this.folder, this.#name(stage, step));
  }
}
