import { Container } from 'inversify';
import type { Dataset, Judge, Log, PluginContext, PluginKind, PluginManifest, Progress } from '../contracts/index.js';
import type { RunPlan } from '../plan/run-plan.js';
import { pluginContext } from './plugin-context.js';
import { parts, services, type HeadSource, type NamedMetric } from './tokens.js';
import { watchDraws } from './watch-draws.js';

const environment = [services.log, services.progress, services.signal] as const;

/**
 * A child container with the plugins of one run. Nothing is created before it is asked for (by getAsync);
 * `unbindAllAsync` disposes of whatever was.
 */
export function buildRunContainer(root: Container, { plugins, judge, metrics, settings, ports }: RunPlan): Container {
  const container = new Container({ parent: root });
  const context = (manifest: PluginManifest<PluginKind>, log: Log, progress: Progress, signal: AbortSignal): PluginContext =>
    pluginContext(manifest, settings.seed, { log, progress, signal });
  const dispose = (instance: { dispose(): void | Promise<void> }) => instance.dispose();

  for (const [kind, token] of [
    ['dataset', parts.dataset],
    ['detector', parts.detector],
    ['tracker', parts.tracker],
  ] as const) {
    // The three share one form; the union of their types cannot be told apart here.
    const { manifest, config } = plugins[kind] as (typeof plugins)['dataset'];
    container
      .bind(token as typeof parts.dataset)
      .toResolvedValue(
        (log: Log, progress: Progress, signal: AbortSignal) =>
          manifest.create(context(manifest, log, progress, signal), config, { onError: settings.data['on-error'] }),
        [...environment],
      )
      .inSingletonScope()
      .onDeactivation(dispose);
  }

  const { encoder, projector, 'llm-head': head } = plugins;
  container
    .bind(parts.encoder)
    .toResolvedValue(
      (log: Log, progress: Progress, signal: AbortSignal) =>
        watchDraws(context(encoder.manifest, log, progress, signal), (watched) =>
          encoder.manifest.create(watched, encoder.config, { ports: { frames: ports.frames, faces: ports.faces } }),
        ),
      [...environment],
    )
    .inSingletonScope()
    .onDeactivation(dispose);
  container
    .bind(parts.projector)
    .toResolvedValue(
      (log: Log, progress: Progress, signal: AbortSignal) =>
        projector.manifest.create(context(projector.manifest, log, progress, signal), projector.config, {
          ports: { tokens: ports.tokens, hidden: ports.embeddings.dims['hidden']! },
        }),
      [...environment],
    )
    .inSingletonScope()
    .onDeactivation(dispose);
  container
    .bind(parts.head)
    .toResolvedValue(
      (log: Log, progress: Progress, signal: AbortSignal, source: HeadSource) =>
        head.manifest.create(context(head.manifest, log, progress, signal), head.config, {
          ports: { embeddings: ports.embeddings },
          corpus: source.texts,
          state: source.state,
        }),
      [...environment, parts.corpus],
    )
    .inSingletonScope()
    .onDeactivation(dispose);

  container
    .bind(parts.judge)
    .toResolvedValue(
      async (log: Log, progress: Progress, signal: AbortSignal, dataset: Dataset) => {
        const grammar = dataset.grammar ?? null;
        // Metrics that need a judge are then skipped with the reason.
        if (!judge || (judge.manifest.needs?.includes('grammar') && !grammar)) return null;
        return judge.manifest.create(context(judge.manifest, log, progress, signal), judge.config, { grammar });
      },
      [...environment, parts.dataset],
    )
    .inSingletonScope()
    .onDeactivation((instance) => instance?.dispose());
  container
    .bind(parts.metrics)
    .toResolvedValue(
      (log: Log, progress: Progress, signal: AbortSignal, dataset: Dataset, chosen: Judge | null) =>
        Promise.all(
          metrics.map(async ({ manifest, config }): Promise<NamedMetric> => {
            const inputs = { judge: chosen, grammar: dataset.grammar ?? null };
            const { needs = [] } = manifest;
            const lacking =
              (needs.includes('grammar') && !inputs.grammar) ||
              (needs.includes('judge') && !chosen) ||
              (needs.includes('ratings') && !chosen?.rate);
            if (lacking) return { name: manifest.name, metric: null };
            return { name: manifest.name, metric: await manifest.create(context(manifest, log, progress, signal), config, inputs) };
          }),
        ),
      [...environment, parts.dataset, parts.judge],
    )
    .inSingletonScope()
    .onDeactivation(async (made) => {
      for (const { metric } of made) await metric?.dispose();
    });
  return container;
}
