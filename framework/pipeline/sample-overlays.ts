import { drawOverlay } from '../compare/overlay.js';
import type { Box, Clip } from '../contracts/index.js';
import type { RunPlan } from '../plan/run-plan.js';
import { scaleBox, type DecodedFrames } from '../video/index.js';
import { decodeClip } from './decode-clip.js';
import type { PerceivedClip } from './seen-clips.js';

/** As many clips as wanted, the kinds in turn, each kind in the dataset's order. */
export function pickSamples(clips: readonly Clip[], count: number): Clip[] {
  const kinds = new Map<string, Clip[]>();
  for (const clip of clips) kinds.set(clip.kind ?? '', [...(kinds.get(clip.kind ?? '') ?? []), clip]);
  const longest = Math.max(0, ...[...kinds.values()].map(({ length }) => length));
  const inTurn = Array.from({ length: longest }, (_, index) => [...kinds.values()].flatMap((clips) => clips[index] ?? []));
  return inTurn.flat().slice(0, count);
}

/** The true principal's box at each sampled time, from the annotated frame nearest in time; undefined where nothing is annotated. */
function truthBoxes({ truth }: Clip, times: readonly number[]): (Box | null)[] | undefined {
  const principal = truth?.people.find(({ id }) => id === truth.principal);
  if (!truth || !principal) return undefined;
  return times.map((time) => {
    let nearest = 0;
    truth.times.forEach((at, index) => {
      if (Math.abs(at - time) < Math.abs(truth.times[nearest]! - time)) nearest = index;
    });
    return principal.boxes[nearest] ?? null;
  });
}

const scaled = (boxes: readonly (Box | null)[], by: number) => boxes.map((box) => scaleBox(box, by));

/** Draws what runs saw of the sample clips; a clip is decoded once for all runs. */
export class SampleOverlays {
  readonly #frames = new Map<string, Promise<DecodedFrames>>();

  async draw(clip: Clip, { settings }: RunPlan, { tracks, principal, choice, times }: PerceivedClip, signal: AbortSignal): Promise<Buffer> {
    const key = JSON.stringify([clip.id, settings.video]);
    if (!this.#frames.has(key)) this.#frames.set(key, decodeClip(clip, settings.video, signal));
    const frames = await this.#frames.get(key)!;
    const by = frames.width / frames.source.width;
    const seen = {
      tracks: tracks.map(({ id, boxes }) => ({ id, boxes: scaled(boxes, by) })),
      principal: scaled(principal, by),
      ...(choice && { choice }),
    };
    const truth = truthBoxes(clip, times);
    return drawOverlay(frames, seen, truth && scaled(truth, by));
  }
}
