import type { Container } from 'inversify';
import { services } from '../../container/tokens.js';
import { formatError } from '../../faults/index.js';
import type { RunPlan } from '../../plan/run-plan.js';
import { PluginRegistry } from '../../plugin/plugin-registry.js';
import { generatedPlugins } from '../../plugin/registry.generated.js';
import { decodingWork, type TensorWork } from '../../tensor/backend/index.js';
import type { Model } from '../../training/index.js';
import type { FrozenFeatures } from '../frozen-features.js';
import type { DigestedClip, Perception } from '../perceive.js';
import { captionClips } from './caption-clips.js';
import { planData, type CaptionJob } from './caption-job.js';
import type { GenerationProcess } from './generation-process.js';
import { dropModel, makeModel } from './make-model.js';

interface GenerateOptions {
  plan: RunPlan;
  container: Container;
  perception: Perception;
  features: FrozenFeatures | null;
  clips: readonly DigestedClip[];
  /** Training captions and instructions, as the LLM head was given them. */
  texts: readonly string[];
  /** Folder of the checkpoint. */
  checkpoint: string;
  /** What was tuned in this process, if it was. */
  model: Model | undefined;
  generation: GenerationProcess;
  /** Told the captions of a batch as soon as they are there, the first being of clip `first`. */
  onCaptions: (first: number, texts: string[]) => void;
}

/** The work that a process of its own is wanted for, by the setting or by the table; null where none is. */
function wantedProcess({ plan: { settings, ports }, clips }: GenerateOptions): TensorWork | null {
  const { process: wanted, batch, beams, 'max-new-tokens': length } = settings.generate;
  if (wanted === 'same') return null;
  const sequences = Math.min(batch, clips.length) * beams;
  const hidden = ports.embeddings.dims['hidden']!;
  if (wanted === 'own') return decodingWork({ hidden, sequences, steps: Infinity }) ?? 'decoding';
  return decodingWork({ hidden, sequences, steps: Math.ceil(clips.length / batch) * length });
}

/** Why another process could not do what this one does; null where it can. */
async function obstacle({ plan, generation: { backend } }: GenerateOptions): Promise<string | null> {
  if (backend.name !== 'tensorflow') return `the backend ${backend.name} has no thread settings`;
  if (backend.device.kind !== 'cpu') return 'the GPU computes';
  const generated = new PluginRegistry(generatedPlugins);
  for (const [kind, { manifest }] of Object.entries(plan.plugins)) {
    const known = generated.names(manifest.kind).includes(manifest.name) && (await generated.load(manifest.kind, manifest.name));
    if (known !== manifest) return `the ${kind} ${manifest.name} is known to this process only`;
  }
  return null;
}

function captionJob({ plan, perception, features, clips, texts, checkpoint }: GenerateOptions): CaptionJob {
  const { frames, faces } = perception;
  return {
    plan: planData(plan),
    clips,
    texts,
    checkpoint,
    perception: { frames: { folder: frames.folder }, faces: faces && { folder: faces.folder } },
    features: features && { arrays: features.arrays, withoutEncoder: features.withoutEncoder },
  };
}

async function processStarted(options: GenerateOptions, work: TensorWork): Promise<boolean> {
  const log = options.container.get(services.log);
  const signal = options.container.get(services.signal);
  const why = await obstacle(options);
  if (why !== null) {
    log.info(`captions are generated in the run's own process: ${why}`);
    return false;
  }
  try {
    await options.generation.start(work, signal);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    log.warn(`captions are generated in the run's own process: none could be started for them (${formatError(error)})`);
    return false;
  }
}

/**
 * Captions clips with a run's checkpoint: in a process of its own where that pays (`decodingWork`), else here. The captions are the same.
 * The model is disposed of first where another process loads it.
 */
export async function generateCaptions(options: GenerateOptions): Promise<void> {
  const { plan, container, perception, features, clips, texts, checkpoint, generation, onCaptions } = options;
  const log = container.get(services.log);
  const progress = container.get(services.progress);
  const signal = container.get(services.signal);
  const work = wantedProcess(options);
  if (work && (await processStarted(options, work))) {
    if (options.model) await dropModel(container);
    await generation.caption(captionJob(options), { log, progress, signal, onCaptions });
    return;
  }
  const model = options.model ?? (await makeModel(container, { texts, checkpoint, withoutEncoder: features?.withoutEncoder }));
  await captionClips(model, { plan, perception, features, clips, progress, signal, onCaptions });
}
