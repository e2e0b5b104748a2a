import type { ClipTruth } from './clip.js';

/** Axis-aligned, in pixels of the frame it belongs to; x and y are the top left corner and may lie outside the frame. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** One face found in one frame. */
export interface Detection {
  box: Box;
  /** 0..1. */
  score: number;
  /** Key points in pixels, in the detector's own order. */
  landmarks?: readonly (readonly [number, number])[];
}

/** Decoded, sampled frames of one clip. */
export interface Frames {
  width: number;
  height: number;
  /** RGB, uint8, [count, height, width, 3] in one piece. */
  data: Uint8Array;
  /** Seconds of each frame from the start of the clip, ascending; its length is the number of frames. */
  times: readonly number[];
}

export interface Detector {
  /** Faces of every frame: [frame][face], highest score first. `clip`, boxes in pixels of the frames, is for oracles only. */
  detect(frames: Frames, clip?: Pick<ClipGeometry, 'clip' | 'truth'>): Promise<Detection[][]>;
  dispose(): void | Promise<void>;
}

/** One person's face over the frames of a clip. */
export interface FaceTrack {
  /** Unique in its clip, from 0. */
  id: number;
  /** Per frame; null where the track has no face. */
  boxes: readonly (Box | null)[];
}

/** Why a track was taken for the principal's or was not. */
export interface PrincipalScore {
  /** Id of the track. */
  track: number;
  /** What the policy goes by; higher is better. */
  score: number;
  /** What it was made of, such as `presence`. */
  parts: Readonly<Record<string, number>>;
}

export interface TrackedClip {
  tracks: readonly FaceTrack[];
  /** The main character's face per frame; null where there is none. */
  principal: readonly (Box | null)[];
  /** How the principal was chosen among the tracks: the policy's name, and all tracks' scores, highest first. */
  choice?: { policy: string; scores: readonly PrincipalScore[] };
}

/** What a tracker is told of a clip beside its detections. */
export interface ClipGeometry {
  /** Pixels. */
  width: number;
  height: number;
  /** Seconds of each frame. */
  times: readonly number[];
  /** Id of the clip, where it has one. */
  clip?: string;
  /** What is known of the clip, boxes in pixels of these frames: for oracles only. */
  truth?: ClipTruth;
}

/** Follows one clip as its frames come; what it keeps does not grow with their number. */
export interface TrackStream {
  /**
   * The next frame.
   * @param time seconds, ascending
   * @returns [face] the id of the track that each face is in; null for a face in none (yet)
   */
  push(faces: readonly Detection[], time: number): readonly (number | null)[];
  /** No more frames come. Ids given out that turned out to be no tracks. */
  end(): readonly number[];
}

export interface Tracker {
  /** `detections` is [frame][face]; the answer has as many frames. */
  track(detections: readonly (readonly Detection[])[], clip: ClipGeometry): TrackedClip;
  /** The same tracks, frame by frame, for a tracker that needs to see no later frame. */
  stream?(): TrackStream;
  dispose(): void | Promise<void>;
}
