import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { buildContainer } from '../container/build-container.js';
import { buildRunContainer } from '../container/build-run-container.js';
import { parts } from '../container/tokens.js';
import type { Dataset, LlmHead, Split } from '../contracts/index.js';
import { Fault, FaultList } from '../faults/index.js';
import { stateFolder } from '../paths.js';
import type { ExperimentPlan } from '../plan/experiment-plan.js';
import type { RunPlan } from '../plan/run-plan.js';
import { seededRandom } from '../plugin/index.js';
import { VideoChecks } from './check-videos.js';
import { clipSamples, corpusOf } from './clip-samples.js';
import { ProblemTally } from './problem-tally.js';
import type { ExperimentServices } from './run-experiment.js';
import { StageCache } from './stage-cache.js';
import { refusal } from './training-samples.js';

/** What a dataset holds. */
export interface DataReport {
  dataset: string;
  /** Null where the dataset is not read from files. */
  found: { samples: Record<Split, number>; videos: number; problems: Record<string, number> } | null;
}

/** Training samples that a head's tokenizer is learned from, where it learns one: with more of them, lengths are close, not exact. */
const corpusSamples = 10_000;
/** Milliseconds from one word of how far it is to the next. */
const telling = 10_000;

/** LLM heads of the runs of one dataset, and how many visual embeddings go before the text. */
interface Reader {
  head: Pick<LlmHead, 'prepare'>;
  visual: number;
}

/**
 * Looks through the data of all runs before any work: files, entries, videos, splits, and lengths for the LLM heads. Throws a FaultList of
 * everything wrong, the first `shown` of each sort and how many more there are. `quick`: no video is opened.
 */
export async function checkData(
  { runs }: ExperimentPlan,
  services: ExperimentServices,
  { shown, quick }: { shown: number; quick: boolean },
): Promise<DataReport[]> {
  const root = buildContainer(services);
  const { log, signal } = services;
  const groups = new Map<string, RunPlan[]>();
  for (const plan of runs) {
    const { manifest, config } = plan.plugins.dataset;
    const key = JSON.stringify([manifest.name, config]);
    groups.set(key, [...(groups.get(key) ?? []), plan]);
  }
  const reports: DataReport[] = [];
  const faults: Fault[] = [];
  for (const plans of groups.values()) {
    const [plan] = plans as [RunPlan];
    const container = buildRunContainer(root, plan);
    const cache = new StageCache(join(stateFolder(), 'cache'), join(tmpdir(), `mienlab-check-${process.pid}`), plan.settings.cache);
    try {
      const dataset = await container.getAsync(parts.dataset);
      const name = plan.plugins.dataset.manifest.name;
      if (!dataset.inspect) {
        reports.push({ dataset: name, found: null });
        continue;
      }
      const tally = new ProblemTally(shown);
      const videos = new VideoChecks(tally, cache, { quick, signal });
      const readers = await readersOf(plans, dataset, signal);
      const samples = await lookThrough(dataset, { tally, videos, readers, log, signal });
      if (!samples.test) {
        const message = 'no sample is in the split "test"';
        tally.problem({
          where: { source: name },
          problem: 'no test sample',
          message,
          expected: 'at least one: it is what runs are compared on',
        });
      }
      reports.push({ dataset: name, found: { samples, videos: videos.count, problems: tally.counts } });
      faults.push(...tally.faults);
    } finally {
      cache.close();
      await container.unbindAllAsync();
    }
  }
  if (faults.length) throw new FaultList(faults);
  return reports;
}

interface Checks {
  tally: ProblemTally;
  videos: VideoChecks;
  readers: readonly Reader[];
}

async function lookThrough(
  dataset: Dataset,
  { tally, videos, readers, log, signal }: Checks & Pick<ExperimentServices, 'log' | 'signal'>,
): Promise<Record<Split, number>> {
  const samples: Record<Split, number> = { train: 0, validation: 0, test: 0 };
  let [seen, told] = [0, performance.now()];
  for await (const item of dataset.inspect!()) {
    if (++seen % 1024 === 0) {
      await setImmediate();
      signal.throwIfAborted();
      if (performance.now() - told > telling) {
        told = performance.now();
        log.info(`check data: ${seen} entries, ${Object.values(tally.counts).reduce((sum, count) => sum + count, 0)} problems`);
      }
    }
    if ('problem' in item) {
      tally.problem(item);
      continue;
    }
    samples[item.split] += Math.max(1, item.conversations.length);
    await videos.add(item);
    if (item.split === 'test') continue;
    for (const sample of clipSamples({ id: item.video, instruction: '', references: [], ...item })) {
      for (const { head, visual } of readers) {
        const fault = refusal(head, sample, visual);
        if (fault) tally.fault('refused by the LLM head', fault, item.where);
      }
    }
  }
  await videos.end();
  return samples;
}

/** What the runs' LLM heads say of samples, each different one once; those that cannot say it without their weights are passed over. */
async function readersOf(plans: readonly RunPlan[], dataset: Dataset, signal: AbortSignal): Promise<Reader[]> {
  const readers = new Map<string, Reader>();
  let corpus: string[] | undefined;
  for (const { plugins, ports, settings } of plans) {
    const { manifest, config } = plugins['llm-head'];
    const visual = ports.embeddings.dims['tokens'] ?? 0;
    const key = JSON.stringify([manifest.name, config, visual]);
    if (!manifest.preparer || readers.has(key)) continue;
    corpus ??= await corpusFrom(dataset);
    const context = { random: seededRandom(settings.seed).fork(manifest.kind), resolve: (path: string) => path, signal };
    readers.set(key, { head: await manifest.preparer(context, config, corpus), visual });
  }
  return [...readers.values()];
}

async function corpusFrom(dataset: Dataset): Promise<string[]> {
  const texts: string[] = [];
  let samples = 0;
  for await (const item of dataset.inspect!()) {
    if ('problem' in item || item.split !== 'train') continue;
    texts.push(...corpusOf({ id: '', instruction: '', references: [], ...item }));
    if (++samples >= corpusSamples) break;
  }
  return texts;
}
