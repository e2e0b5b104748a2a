import type { RunPlan } from '../plan/run-plan.js';
import type { PixelBlock, VisualSource } from '../training/index.js';
import type { DigestedClip, Perception } from './perceive.js';
import type { BlobStore } from './stage-cache.js';

function block(blobs: BlobStore, clips: readonly DigestedClip[], dims: { count: number; height: number; width: number }): PixelBlock {
  const { count: time, height, width } = dims;
  const size = time * height * width * 3;
  const data = new Uint8Array(clips.length * size);
  clips.forEach(({ digest }, index) => data.set(blobs.read(digest), index * size));
  return { data, time, height, width };
}

/** The pixels of these clips as the run's encoder takes them, in one piece. */
export function visualSource(
  { ports }: RunPlan,
  { frames, faces }: Pick<Perception, 'frames' | 'faces'>,
  clips: readonly DigestedClip[],
): VisualSource {
  type Dims = { count: number; height: number; width: number };
  return {
    count: clips.length,
    frames: block(frames, clips, ports.frames.dims as Dims),
    faces: faces && block(faces, clips, ports.faces!.dims as Dims),
  };
}
