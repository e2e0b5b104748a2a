import { Container } from 'inversify';
import type { Log, Progress } from '../contracts/index.js';
import type { PluginRegistry } from '../plugin/plugin-registry.js';
import { services } from './tokens.js';

/** The root container of one experiment. */
export function buildContainer(given: { registry: PluginRegistry; log: Log; progress: Progress; signal: AbortSignal }): Container {
  const container = new Container();
  container.bind(services.registry).toConstantValue(given.registry);
  container.bind(services.log).toConstantValue(given.log);
  container.bind(services.progress).toConstantValue(given.progress);
  container.bind(services.signal).toConstantValue(given.signal);
  return container;
}
