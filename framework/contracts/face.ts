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

export interface TrackedClip {
  tracks: readonly FaceTrack[];
  /** The main character's face per frame; null where there is none. */
  principal: readonly (Box | null)[];
}

/** What a tracker is told of a clip beside its detections. */
export interface ClipGeometry {
  /** Pixels. */
  width: number;
  height: number;
  /** Seconds of each frame. */
  times: readonly number[];
}

export interface Tracker {
  /** `detections` is [frame][face]; the answer has as many frames. */
  track(detections: readonly (readonly Detection[])[], clip: ClipGeometry): TrackedClip;
  dispose(): void | Promise<void>;
}
