import type { ServiceIdentifier } from 'inversify';
import type { Dataset, Detector, Encoder, Judge, LlmHead, Log, Metric, Progress, Projector, Tracker } from '../contracts/index.js';
import type { PluginRegistry } from '../plugin/plugin-registry.js';

const token = <Service>(name: string): ServiceIdentifier<Service> => Symbol(name);

/** Services of a whole experiment. */
export const services = {
  registry: token<PluginRegistry>('registry'),
  log: token<Log>('log'),
  progress: token<Progress>('progress'),
  signal: token<AbortSignal>('signal'),
};

/** A metric under the name by which the config knows it; null where what it needs is not there. */
export interface NamedMetric {
  name: string;
  metric: Metric | null;
}

/** What one run is made of. Each is created when it is first asked for and disposed of with the run's container. */
export const parts = {
  dataset: token<Dataset>('dataset'),
  detector: token<Detector>('detector'),
  tracker: token<Tracker>('tracker'),
  encoder: token<Encoder>('encoder'),
  projector: token<Projector>('projector'),
  head: token<LlmHead>('llm-head'),
  judge: token<Judge | null>('judge'),
  metrics: token<NamedMetric[]>('metrics'),
  /** Bound by the engine before the LLM head is asked for: what its tokenizer may learn from, and a checkpoint's state. */
  corpus: token<HeadSource>('corpus'),
};

export interface HeadSource {
  texts: readonly string[];
  state?: unknown;
}
