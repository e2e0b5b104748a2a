import type { RunPlan } from '../plan/run-plan.js';
import type { BlobStore } from './blob-store.js';
import { pixelShape, sizeOf } from './clip-array.js';
import { perceptionKeys } from './perception-keys.js';
import type { StageCache } from './stage-cache.js';

/** Encoder input by clip digest: frames [time, height, width, 3] and crops alike, bytes; `faces` is null for a run without faces. */
export function pixelBlobs(plan: RunPlan, cache: StageCache, nonce: string): { frames: BlobStore; faces: BlobStore | null } {
  const keys = perceptionKeys(plan, nonce);
  const { frames, faces } = plan.ports;
  return {
    frames: cache.blobs('frames', keys.frames, sizeOf(pixelShape(frames))),
    faces: keys.faces === null ? null : cache.blobs('faces', keys.faces, sizeOf(pixelShape(faces!))),
  };
}
