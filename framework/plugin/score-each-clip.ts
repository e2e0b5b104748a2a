import type { PluginContext, ScoredClip } from '../contracts/index.js';
import { Fault } from '../faults/index.js';

/** Milliseconds after which it is worth a line of progress. */
const worthShowing = 1000;

/** Least clips in work at once; a judge that may be asked less often holds requests back by itself. */
const atOnce = 8;

interface ClipValues<Value> {
  values: (Value | null)[];
  /** Clips that could not be scored, by id, with the reason. */
  failed: Record<string, string>;
}

/**
 * Scores clips one by one with something that may fail, such as a judge: shows progress, heeds the abort signal, and gives null for a clip
 * that could not be scored, never 0; how many and why is logged and returned. `work` gives null for a clip that has no value.
 * `concurrency` is what the judge takes at once. Throws Fault JUDGE_FAILED where every clip failed, and the signal's reason where it was
 * aborted.
 */
export async function scoreEachClip<Value>(
  { log, progress, signal }: Pick<PluginContext, 'log' | 'progress' | 'signal'>,
  label: string,
  clips: readonly ScoredClip[],
  work: (clip: ScoredClip) => Promise<Value | null>,
  concurrency = 1,
): Promise<ClipValues<Value>> {
  const values = new Array<Value | null>(clips.length).fill(null);
  const failures: { clip: string; cause: unknown }[] = [];
  const started = performance.now();
  let shown: ReturnType<typeof progress.start> | undefined;
  let next = 0;
  let done = 0;
  const worker = async () => {
    while (next < clips.length) {
      signal.throwIfAborted();
      const index = next++;
      try {
        values[index] = await work(clips[index]!);
      } catch (cause) {
        signal.throwIfAborted();
        failures.push({ clip: clips[index]!.clip.id, cause });
      }
      if (performance.now() - started > worthShowing) (shown ??= progress.start(label, clips.length)).done(done + 1);
      done++;
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.max(atOnce, concurrency) }, worker));
  } finally {
    shown?.end();
  }
  const first = failures[0];
  if (first) {
    const reason = reasonOf(first.cause);
    if (failures.length === clips.length) {
      throw new Fault('JUDGE_FAILED', `${label}: none of ${clips.length} clips could be scored: ${reason}`, {
        clip: first.clip,
        hint: first.cause instanceof Fault ? first.cause.details.hint : undefined,
        cause: first.cause,
      });
    }
    log.warn(`${label}: ${failures.length} of ${clips.length} clips not scored, such as ${first.clip}: ${reason}`);
  }
  return { values, failed: Object.fromEntries(failures.map(({ clip, cause }) => [clip, reasonOf(cause)])) };
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
