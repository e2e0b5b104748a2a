import type { HostBatch, Log } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { tensorflow } from '../tensor/index.js';
import { CompiledEngine } from './compiled-engine.js';
import { EagerEngine } from './eager-engine.js';
import type { OptimizerState } from './optimizer.js';
import type { LossValues, StepEngine, StepEngineOptions, StepKind, StepResult } from './step-engine.js';
import { trainStages } from './train-stages.js';
import type { TrainSettings } from './train-settings.js';

/** Largest difference between a compiled and an eager step, relative where values are above 1: float32 sums in another order. */
const tolerance = 1e-3;

type EngineSettings = Pick<TrainSettings, 'engine' | 'check-engine'>;

/**
 * The engine that the settings ask for: `auto` compiles on the backend `tensorflow` and is eager elsewhere. A model that cannot be traced, or
 * whose compiled first step is not the eager one, is trained eagerly, and the log says so; with `graph` it is a fault.
 * Throws Fault TENSOR_UNTRACEABLE, CONFIG_VALUE.
 */
export function chooseEngine(options: StepEngineOptions, settings: EngineSettings, log: Log): StepEngine {
  return compiles(settings) ? new CheckedEngine(options, settings, log) : new EagerEngine(options);
}

/** Throws the Fault of an engine that cannot do what the settings ask of it: to be called before any work. */
export function checkEngine(settings: TrainSettings): void {
  for (const stage of trainStages(settings)) (compiles(stage) ? CompiledEngine : EagerEngine).check(stage.precision);
}

function compiles({ engine }: EngineSettings): boolean {
  const native = tensorflow().getBackend() === 'tensorflow';
  if (engine === 'graph' && !native) {
    throw new Fault('TENSOR_UNTRACEABLE', 'train.engine is graph, but graphs run on the backend tensorflow only', { key: 'train.engine' });
  }
  return native && engine !== 'eager';
}

/** Compiled, unless its first step shows that it had better not be. */
class CheckedEngine implements StepEngine {
  #engine: StepEngine | undefined;
  /** What the engine starts from. */
  #restored: OptimizerState | undefined;

  constructor(
    private readonly options: StepEngineOptions,
    private readonly settings: EngineSettings,
    private readonly log: Log,
  ) {}

  async step(kind: StepKind, microBatches: readonly HostBatch[], rates: readonly number[]): Promise<StepResult> {
    if (this.#engine) return this.#engine.step(kind, microBatches, rates);
    const compiled = this.#started(new CompiledEngine(this.options));
    try {
      const expected = this.settings['check-engine'] ? await this.#eagerly((eager) => eager.evaluate(kind, microBatches)) : null;
      const result = await compiled.step(kind, microBatches, rates);
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
      this.#engine = this.#started(new EagerEngine(this.options));
      return this.#engine.step(kind, microBatches, rates);
    }
  }

  losses(kind: StepKind, batch: HostBatch): Promise<LossValues> {
    return this.#engine?.losses(kind, batch) ?? this.#eagerly((eager) => eager.losses(kind, batch));
  }

  state(): Promise<OptimizerState> {
    return this.#engine?.state() ?? Promise.resolve(this.#restored ?? {});
  }

  restore(state: OptimizerState): void {
    this.#restored = state;
  }

  sync(): Promise<void> {
    return this.#engine?.sync() ?? Promise.resolve();
  }

  dispose(): void {
    this.#engine?.dispose();
  }

  #started<Engine extends StepEngine>(engine: Engine): Engine {
    if (this.#restored) engine.restore(this.#restored);
    return engine;
  }

  async #eagerly<Result>(work: (eager: EagerEngine) => Promise<Result>): Promise<Result> {
    const eager = new EagerEngine(this.options);
    try {
      return await work(eager);
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
