import { setImmediate } from 'node:timers/promises';
import type { Container } from 'inversify';
import { services } from '../container/tokens.js';
import type { RunPlan } from '../plan/run-plan.js';
import { matches, trainStages } from '../training/index.js';
import { blobsOf } from './clip-array.js';
import type { Encoded } from './feature-stream.js';
import { lackOfRoom } from './frozen-features.js';
import { openFeatures, type EncoderOptions } from './open-features.js';
import type { DigestedClip } from './perceive.js';
import { isUsed } from './training-samples.js';

interface AheadOptions extends Omit<EncoderOptions, 'plan' | 'container'> {
  containers: ReadonlyMap<RunPlan, Container>;
  /** How many there are. */
  clips: number;
}

/**
 * Encodes clips while others are still decoded and looked through, for the first of the runs whose encoder is frozen: one encoder at a time is
 * in memory. What is not done when all are seen, or could not be, is left to the run itself.
 */
export class EncodeAhead {
  readonly #waiting: DigestedClip[] = [];
  readonly #ending = new AbortController();
  readonly #work: Promise<Encoded>;
  readonly #plan: RunPlan | undefined;
  #wake = () => {};

  constructor(plans: readonly RunPlan[], options: AheadOptions) {
    this.#plan = plans.find(mayBeFrozen);
    this.#work = this.#plan ? this.#encode(this.#plan, options) : Promise.resolve({ clips: 0, ms: 0 });
  }

  /** A clip whose pixels are there, as this run wants them. */
  seen(plan: RunPlan, clip: DigestedClip): void {
    if (plan !== this.#plan || !isUsed(clip.clip, plan.settings.train)) return;
    this.#waiting.push(clip);
    this.#wake();
  }

  /** Waits for the clips under way. Returns what was encoded for which run. */
  async end(): Promise<{ plan: RunPlan | undefined; encoded: Encoded }> {
    this.#ending.abort();
    this.#wake();
    return { plan: this.#plan, encoded: await this.#work };
  }

  async #encode(plan: RunPlan, { containers, clips, ...options }: AheadOptions): Promise<Encoded> {
    const none = { clips: 0, ms: 0 };
    const container = containers.get(plan)!;
    try {
      const opened = await openFeatures({ ...options, plan, container });
      if (!opened) return none;
      const { stream, tokens } = opened;
      const stores = tokens.map(blobsOf);
      try {
        if ((await lackOfRoom(clips, stores)) !== null) return none;
        const lacking = ({ digest }: DigestedClip) => stores.some((blobs) => !blobs.has(digest));
        return await stream.follow(this.#arrivals(lacking), tokens, AbortSignal.any([this.#ending.signal, container.get(services.signal)]));
      } finally {
        await stream.dispose();
      }
    } catch {
      // The run meets it again, and tells of it.
      return none;
    }
  }

  async *#arrivals(wanted: (clip: DigestedClip) => boolean): AsyncGenerator<DigestedClip> {
    while (!this.#ending.signal.aborted) {
      const clip = this.#waiting.shift();
      // The others' decoders get their turn.
      if (clip) await setImmediate();
      else await new Promise<void>((resolve) => (this.#wake = resolve));
      if (clip && wanted(clip)) yield clip;
    }
  }
}

/** Whether nothing in a run can train its encoder, as far as that can be known before it is made. */
function mayBeFrozen({ plugins: { encoder }, settings: { train } }: RunPlan): boolean {
  if (encoder.manifest.frozen?.(encoder.config)) return true;
  return trainStages(train).every(
    ({ steps, epochs, trainable, frozen }) =>
      !(steps || epochs) || frozen.some((pattern) => matches(pattern, 'encoder')) || !trainable.some(meansEncoder),
  );
}

/** Whether a pattern can mean a variable of the encoder. */
function meansEncoder(pattern: string): boolean {
  return 'encoder/'.startsWith(pattern.split('*')[0]!.slice(0, 'encoder/'.length));
}
