import type { HostBatch, Log } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { tensorflow } from '../tensor/index.js';
import { CompiledEngine } from './compiled-engine.js';
import { EagerEngine } from './eager-engine.js';
import type { StepEngine, StepEngineOptions, StepKind, StepResult } from './step-engine.js';
import type { TrainSettings } from './train-settings.js';

/** Largest difference between a compiled and an eager step, relative where values are above 1: float32 sums in another order. */
const tolerance = 1e-3;

/**
 * The engine that the settings ask for: `auto` compiles on the backend `tensorflow` and is eager elsewhere. A model that cannot be traced, or
 * whose compiled first step is not the eager one, is trained eagerly, and the log says so; with `graph` it is a fault.
 * Throws Fault TENSOR_UNTRACEABLE.
 */
export function chooseEngine(options: StepEngineOptions, settings: TrainSettings, log: Log): StepEngine {
  const native = tensorflow().getBackend() === 'tensorflow';
  if (settings.engine === 'graph' && !native) {
    throw new Fault('TENSOR_UNTRACEABLE', 'train.engine is graph, but graphs run on the backend tensorflow only', { key: 'train.engine' });
  }
  if (settings.engine === 'eager' || !native) return new EagerEngine(options, settings);
  return new CheckedEngine(options, settings, log);
}

/** Compiled, unless its first step shows that it had better not be. */
class CheckedEngine implements StepEngine {
  #engine: StepEngine | undefined;

  constructor(
    private readonly options: StepEngineOptions,
    private readonly settings: TrainSettings,
    private readonly log: Log,
  ) {}

  async step(kind: StepKind, batch: HostBatch, learningRate: number): Promise<StepResult> {
    if (this.#engine) return this.#engine.step(kind, batch, learningRate);
    const compiled = new CompiledEngine(this.options, this.settings);
    try {
      const expected = this.settings['check-engine'] ? await this.#evaluate(kind, batch) : null;
      const result = await compiled.step(kind, batch, learningRate);
      const off = expected && difference(result, expected);
      if (off === null) {
        this.#engine = compiled;
        return result;
      }
      throw new Fault('TENSOR_UNTRACEABLE', `the first compiled step is not the eager one: ${off}`);
    } catch (error) {
      compiled.dispose();
      if (!(error instanceof Fault) || error.code !== 'TENSOR_UNTRACEABLE' || this.settings.engine === 'graph') throw error;
      this.log.warn(`training goes on operation by operation, which is slower: ${error.message}`);
      this.#engine = new EagerEngine(this.options, this.settings);
      return this.#engine.step(kind, batch, learningRate);
    }
  }

  sync(): Promise<void> {
    return this.#engine?.sync() ?? Promise.resolve();
  }

  dispose(): void {
    this.#engine?.dispose();
  }

  async #evaluate(kind: StepKind, batch: HostBatch): Promise<StepResult> {
    const eager = new EagerEngine(this.options, this.settings);
    try {
      return await eager.evaluate(kind, batch);
    } finally {
      eager.dispose();
    }
  }
}

/** In words, null where both are the same within the tolerance. Two that are not finite are the same. */
function difference(compiled: StepResult, eager: StepResult): string | null {
  const names = ['caption', 'auxiliary', 'gradientNorm'] as const;
  const off = names.filter((name) => {
    const [a, b] = [compiled[name] ?? 0, eager[name] ?? 0];
    return Number.isFinite(b) ? !(Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b))) : Number.isFinite(a);
  });
  return off.length ? off.map((name) => `${name} ${compiled[name]}, eager ${eager[name]}`).join(', ') : null;
}
