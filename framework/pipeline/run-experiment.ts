import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Container } from 'inversify';
import { stringify } from 'yaml';
import { analyse, type Analysis } from '../compare/analysis.js';
import type { Comparison } from '../compare/comparison.js';
import { writeReport } from '../compare/write-report.js';
import { buildContainer } from '../container/build-container.js';
import { buildRunContainer } from '../container/build-run-container.js';
import { parts } from '../container/tokens.js';
import type { Log, Progress, RunHandle, RunLog, RunLogSummary, RunStatus } from '../contracts/index.js';
import { Fault, formatError } from '../faults/index.js';
import { stateFolder } from '../paths.js';
import type { ExperimentPlan } from '../plan/experiment-plan.js';
import type { RunPlan } from '../plan/run-plan.js';
import type { PluginRegistry } from '../plugin/plugin-registry.js';
import { environmentFacts } from '../setup/environment-facts.js';
import { openRunLog, resolveTracking, sampleSystemMetrics, sourceTags } from '../runlog/index.js';
import type { BackendChoice } from '../tensor/backend/index.js';
import { checkEngine } from '../training/index.js';
import { checkKernels } from './check-kernels.js';
import { firstAnswers } from './clip-samples.js';
import { compareRuns } from './compare-runs.js';
import { EncodeAhead } from './encode-ahead.js';
import type { Encoded } from './feature-stream.js';
import { gatherClips, sharedVideos, type GatheredClips } from './gather-clips.js';
import { GenerationProcess } from './generation/generation-process.js';
import { logConfig, logVisualTokens, runParams, sweepParams } from './log-run.js';
import { openBackend } from './open-backend.js';
import { perceive, type Perception } from './perceive.js';
import { performRun, type PerformedRun } from './perform-run.js';
import { makeRunFolder } from './run-folder.js';
import { pickSamples, SampleOverlays } from './sample-overlays.js';
import { StageCache } from './stage-cache.js';

export interface ExperimentServices {
  registry: PluginRegistry;
  log: Log;
  progress: Progress;
  signal: AbortSignal;
}

export interface ExperimentOutcome {
  folder: string;
  report: string;
  comparison: Comparison;
  analysis: Analysis;
  backend: BackendChoice;
  /** Address of the parent run's page, where a server has it. */
  page: string | undefined;
  summary: RunLogSummary;
  /** Runs that failed, by label and seed; the others are in the comparison. */
  failed: readonly { run: string; error: unknown }[];
}

/** What all stages of one experiment share. */
interface Stage {
  experiment: ExperimentPlan;
  services: ExperimentServices;
  root: Container;
  cache: StageCache;
  folder: string;
  backend: BackendChoice;
  parent: RunHandle;
  runLog: RunLog;
  environment: Record<string, string>;
}

const runName = ({ label, settings }: RunPlan, seeds: boolean) => (seeds ? `${label} seed ${settings.seed}` : label);

/** Runs an experiment from its clips to its report. What was finished is kept, whatever ends it. Throws what ended it, after the run log was told. */
export async function runExperiment(experiment: ExperimentPlan, services: ExperimentServices): Promise<ExperimentOutcome> {
  const { settings } = experiment;
  const folder = makeRunFolder(settings.name);
  const cache = new StageCache(join(stateFolder(), 'cache'), join(folder, 'scratch'), settings.cache);
  writeFileSync(
    join(folder, 'config.yaml'),
    stringify(experiment.runs.length === 1 ? experiment.runs[0]!.config : experiment.runs.map(({ config }) => config)),
  );

  const tracking = resolveTracking({ uri: settings.runlog['tracking-uri'] });
  const runLog = openRunLog({
    runDir: folder,
    experiment: settings.runlog.experiment || `mienlab/${settings.name}`,
    tracking,
    notify: (message) => services.log.warn(message),
  });
  let parent: RunHandle | undefined;
  let stopSampling: (() => void) | undefined;
  let status: RunStatus = 'FAILED';
  const root = buildContainer(services);
  let finished: Omit<ExperimentOutcome, 'summary' | 'page'> | undefined;
  try {
    const backend = await openBackend(settings.tensor, services.log);
    for (const run of experiment.runs) checkEngine(run.settings.train);
    checkKernels(experiment.runs);
    const [facts, source] = await Promise.all([environmentFacts(), sourceTags(process.cwd(), `mienlab run ${experiment.source}`)]);
    const environment = { backend: `${backend.name} (${backend.device.name})`, ...facts };
    parent = runLog.start({
      name: settings.name,
      params: sweepParams(experiment.runs),
      tags: { ...source, 'mienlab.backend': backend.name, 'mienlab.backend.reason': backend.reason, ...prefixed('mienlab.', facts) },
    });
    parent.artifactFile('config.yaml', join(folder, 'config.yaml'));
    if (settings.runlog['system-metrics'])
      stopSampling = sampleSystemMetrics({ log: (values, step) => parent!.metrics(values, step), folder });
    finished = await stages({ experiment, services, root, cache, folder, backend, parent, runLog, environment });
    status = finished.failed.length ? 'FAILED' : 'FINISHED';
  } catch (error) {
    status = services.signal.aborted ? 'KILLED' : 'FAILED';
    parent?.tag('mienlab.error', formatError(error).slice(0, 5000));
    throw services.signal.aborted ? services.signal.reason : error;
  } finally {
    stopSampling?.();
    parent?.end(status);
    await root.unbindAllAsync();
    cache.close();
    // An interrupted user does not want to wait; what is not there yet, sync brings over.
    const summary = await runLog.close({ deadlineMs: services.signal.aborted ? 5_000 : 30_000 });
    if (finished) Object.assign(finished, { summary, page: parent && runLog.pageUrl(parent.id) });
    await tracking.stop();
  }
  return finished as ExperimentOutcome;
}

function prefixed(prefix: string, values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[prefix + key, value]])));
}

async function stages(stage: Stage): Promise<Omit<ExperimentOutcome, 'summary' | 'page'>> {
  const { experiment, services, root, cache, folder, backend, parent } = stage;
  const nonce = folder;
  const containers = new Map(experiment.runs.map((plan) => [plan, buildRunContainer(root, plan)]));
  const performed: PerformedRun[] = [];
  const failed: { run: string; error: unknown }[] = [];
  const generation = new GenerationProcess(backend);
  try {
    const gathered = await gatherAll(experiment.runs, containers, cache);
    const perceptions = new Map<RunPlan, Perception>();
    const encodedAhead = new Map<RunPlan, Encoded>();
    for (const [clips, plans] of gathered) {
      const shared = sharedVideos(clips.clips);
      if (shared) services.log.warn(shared);
      const viewers = plans.map((plan) => ({
        plan,
        detector: () => containers.get(plan)!.getAsync(parts.detector),
        tracker: () => containers.get(plan)!.getAsync(parts.tracker),
      }));
      const ahead = new EncodeAhead(plans, { containers, clips: clips.clips.length, cache, nonce, backend: backend.name });
      const { progress, signal } = services;
      const onSeen = ahead.seen.bind(ahead);
      let seen: Map<RunPlan, Perception>;
      try {
        seen = await perceive(viewers, clips.clips, { cache, nonce, progress, signal, onSeen });
      } finally {
        const { plan, encoded } = await ahead.end();
        if (plan) encodedAhead.set(plan, encoded);
      }
      for (const [plan, perception] of seen) perceptions.set(plan, perception);
    }
    const all = [...new Map([...gathered.keys()].flatMap(({ clips }) => clips.map(({ clip }) => [clip.id, clip]))).values()];
    const testClips = all.filter(({ split }) => split === 'test');
    const overlays = new SampleOverlays();
    const samples = pickSamples(testClips, experiment.settings.compare.samples);
    const seeds = new Set(experiment.runs.map(({ settings }) => settings.seed)).size > 1;
    for (const [clips, plans] of gathered) {
      logDataset(parent, plans[0]!, clips);
      for (const plan of plans) {
        services.signal.throwIfAborted();
        const name = runName(plan, seeds);
        services.log.info(name);
        const handle = parent.startChild({
          name,
          params: runParams(plan),
          tags: { 'mienlab.backend': backend.name, 'mienlab.label': plan.label },
        });
        const container = containers.get(plan)!;
        try {
          logConfig(handle, plan);
          logVisualTokens(handle, plan);
          logDataset(handle, plan, clips);
          const perception = perceptions.get(plan)!;
          const ahead = encodedAhead.get(plan);
          const shared = { clips: clips.clips, cache, backend: backend.name, generation, nonce, ahead, overlays, samples };
          performed.push(await performRun({ ...shared, plan, container, perception, handle }));
          handle.end('FINISHED');
        } catch (error) {
          handle.tag('mienlab.error', formatError(error).slice(0, 5000));
          handle.end(services.signal.aborted ? 'KILLED' : 'FAILED');
          if (services.signal.aborted || error instanceof Fault === false) throw error;
          services.log.warn(`${name} failed: ${formatError(error)}`);
          failed.push({ run: name, error });
        } finally {
          containers.delete(plan);
          await container.unbindAllAsync();
        }
      }
    }
    if (!performed.length) throw failed[0]!.error;
    const comparison = await compareRuns({
      ...stage,
      performed,
      testClips,
      trainReferences: all.filter(({ split }) => split === 'train').flatMap(firstAnswers),
      datasetDigest: [...gathered.keys()].map(({ digest }) => digest).join(' '),
      overlays,
      samples,
      signal: services.signal,
    });
    const analysis = analyse(comparison, { resamples: experiment.settings.compare.resamples });
    const report = await writeReport(folder, comparison, analysis);
    parent.artifactFile('report.html', report);
    parent.artifactFile('result.json', join(folder, 'result.json'));
    return { folder, report, comparison, analysis, backend, failed };
  } finally {
    await generation.close();
    for (const container of containers.values()) await container.unbindAllAsync();
  }
}

/** The clips of every dataset in the sweep, each made or read once, with the runs that use it. */
async function gatherAll(
  plans: readonly RunPlan[],
  containers: Map<RunPlan, Container>,
  cache: StageCache,
): Promise<Map<GatheredClips, RunPlan[]>> {
  const groups = new Map<string, RunPlan[]>();
  for (const plan of plans) {
    const { manifest, config } = plan.plugins.dataset;
    const key = JSON.stringify([manifest.name, config]);
    groups.set(key, [...(groups.get(key) ?? []), plan]);
  }
  const gathered = new Map<GatheredClips, RunPlan[]>();
  for (const group of groups.values()) {
    gathered.set(await gatherClips(await containers.get(group[0]!)!.getAsync(parts.dataset), cache), group);
  }
  return gathered;
}

function logDataset(handle: RunHandle, { plugins: { dataset } }: RunPlan, { clips, digest }: GatheredClips): void {
  const count = (split: string) => clips.filter(({ clip }) => clip.split === split).length;
  handle.dataset({
    name: dataset.manifest.name,
    digest,
    context: 'training and test',
    source: { plugin: dataset.manifest.name, version: dataset.manifest.version, config: dataset.config },
    profile: { train: count('train'), validation: count('validation'), test: count('test') },
  });
}
