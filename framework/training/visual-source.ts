import type { Tensor, Tensor4D, Tensor5D } from '@tensorflow/tfjs';
import type { Encoder, HostBatch, VisualTokens } from '../contracts/index.js';

/** What a model is shown of many clips, fetched batch by batch. */
export interface VisualSource {
  /** Clips. */
  count: number;
  /**
   * The clips at these indices: `frames`, and `faces` in a run with faces, bytes [clip, time, height, width, 3]. Where a frozen encoder has
   * seen the clips before, its tokens instead: `frame-tokens` and `face-tokens`, float32 [clip, time, token, width].
   */
  batch(indices: readonly number[]): HostBatch;
}

/** The tokens of a source's batch: those that are in it, else what the encoder makes of its pixels. */
export function visualTokens(encoder: Encoder, batch: Readonly<Record<string, Tensor>>): VisualTokens {
  const tokens = batch['frame-tokens'];
  if (tokens) return { frames: tokens as Tensor4D, faces: (batch['face-tokens'] as Tensor4D | undefined) ?? null };
  return encoder.encode({ frames: batch['frames'] as Tensor5D, faces: (batch['faces'] as Tensor5D | undefined) ?? null });
}
