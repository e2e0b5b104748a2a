import type { HostBatch, Log } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { tensorflow } from '../tensor/index.js';
import { CompiledEngine } from './compiled-engine.js';
import { EagerEngine } from './eager-engine.js';
import type { OptimizerState } from './optimizer.js';
import type { ExpectedCall, LossValues, StepEngine, StepEngineOptions, StepKind, StepResult } from './step-engine.js';
import { trainStages, type TrainStage } from './train-stages.js';
import type { TrainSettings } from './train-settings.js';

/** Largest difference of a compiled loss from the eager one, relative where values are above 1: float32 sums in another order. */
const tolerances = { fp32: 1e-3, bf16: 5e-2 };

const compiles = ({ engine }: Pick<TrainStage, 'engine'>) => engine !== 'eager' && tensorflow().getBackend() === 'tensorflow';

/**
 * The engine for a stage: with `auto`, compiled on the backend `tensorflow` and eager elsewhere. A model that cannot be traced, or whose first
 * compiled losses are not the eager ones, is trained eagerly, and the log says so; with `graph` it is Fault TENSOR_UNTRACEABLE.
 */
export function makeEngine(options: StepEngineOptions, log: Log): StepEngine {
  return compiles(options) ? new CheckedEngine(options, log) : new EagerEngine(options);
}

/** Throws Fault CONFIG_VALUE where the engine of the backend in use cannot do what the settings ask of it: to be called before any work. */
export function checkEngine(settings: TrainSettings): void {
  for (const stage of trainStages(settings)) {
    if (compiles(stage)) continue;
    EagerEngine.check(stage.precision);
    if (stage.engine === 'graph') {
      throw new Fault('CONFIG_VALUE', 'train.engine is graph, but graphs run on the backend tensorflow alone', {
        key: 'train.engine',
        hint: 'leave it at auto, or take the tensorflow backend',
      });
    }
  }
}

/** Compiled, unless its first step shows that it had better not be, or a later batch cannot be traced. */
class CheckedEngine implements StepEngine {
  #engine: StepEngine;
  #checked: boolean;
  #restored: OptimizerState | undefined;

  constructor(
    private readonly options: StepEngineOptions,
    private readonly log: Log,
  ) {
    this.#engine = new CompiledEngine(options);
    this.#checked = !options['check-engine'];
  }

  async step(kind: StepKind, microBatches: readonly HostBatch[], rates: readonly number[]): Promise<StepResult> {
    const step = () => this.#engine.step(kind, microBatches, rates);
    if (this.#checked) return this.#orEagerly(step);
    this.#checked = true;
    const expected = await this.#expected(kind, microBatches);
    const found = await this.#orEagerly(step);
    const off = difference(found, expected, tolerances[this.options.precision]);
    if (off === null) return found;
    // What the graph has learned is dropped: the variables are still as they were.
    this.#turnEager(new Fault('TENSOR_UNTRACEABLE', `compiled, the first step is another one: ${off}`), this.#restored);
    return step();
  }

  losses(kind: StepKind, batch: HostBatch): Promise<LossValues> {
    return this.#orEagerly(() => this.#engine.losses(kind, batch));
  }

  expect(calls: readonly ExpectedCall[]): void {
    this.#engine.expect?.(calls);
  }

  state(): Promise<OptimizerState> {
    return this.#engine.state();
  }

  restore(state: OptimizerState): void {
    this.#restored = state;
    this.#engine.restore(state);
  }

  sync(): Promise<void> {
    return this.#engine.sync();
  }

  dispose(): void {
    this.#engine.dispose();
  }

  async #orEagerly<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'TENSOR_UNTRACEABLE') throw error;
      await this.#engine.sync();
      this.#turnEager(error, await this.#engine.state());
      return work();
    }
  }

  #turnEager(why: Fault, state: OptimizerState | undefined): void {
    if (this.options.engine === 'graph' || this.options.precision !== 'fp32') throw why;
    this.log.warn(`training goes on operation by operation, which is slower: ${why.message}`);
    this.#engine.dispose();
    this.#engine = new EagerEngine(this.options);
    if (state) this.#engine.restore(state);
  }

  async #expected(kind: StepKind, microBatches: readonly HostBatch[]): Promise<StepResult> {
    const eager = new EagerEngine({ ...this.options, precision: 'fp32' });
    try {
      return await eager.evaluate(kind, microBatches);
    } finally {
      eager.dispose();
    }
  }
}

/** In words; null where both are the same within the tolerance. Two that are not finite are the same. */
function difference(found: StepResult, expected: StepResult, tolerance: number): string | null {
  const off = (['caption', 'auxiliary', 'gradientNorm'] as const).filter((name) => {
    const [a, b] = [found[name] ?? 0, expected[name] ?? 0];
    return Number.isFinite(b) ? !(Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b))) : Number.isFinite(a);
  });
  return off.length ? off.map((name) => `${name} ${found[name]}, eager ${expected[name]}`).join(', ') : null;
}
