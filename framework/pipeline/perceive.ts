import type { Clip, ClipGeometry, Detector, Progress, Tracker } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import type { RunPlan } from '../plan/run-plan.js';
import { cropSquares, resizeFrames, scaleBox, type DecodedFrames } from '../video/index.js';
import type { BlobStore } from './blob-store.js';
import { decodeClip } from './decode-clip.js';
import { mapPool } from './map-pool.js';
import { perceptionKeys, type PerceptionKeys } from './perception-keys.js';
import { pixelBlobs } from './pixel-blobs.js';
import type { RecordStore } from './record-store.js';
import { SeenClips, type Found, type Tracked } from './seen-clips.js';
import type { StageCache } from './stage-cache.js';

/** One run's view of all clips. */
export interface Perception {
  /** Clips at fault are left out. */
  clips: Pick<SeenClips, 'has' | 'get'>;
  /** By clip id. */
  faults: ReadonlyMap<string, Fault>;
  /** Encoder input by clip digest: frames [time, height, width, 3] and crops alike. */
  frames: BlobStore;
  faces: BlobStore | null;
}

/** A run of the sweep and what it needs to see; `detector` and `tracker` are asked for only where the cache does not know. */
export interface Viewer {
  plan: RunPlan;
  detector: () => Promise<Detector>;
  tracker: () => Promise<Tracker>;
}

export interface DigestedClip {
  clip: Clip;
  digest: string;
}

interface PerceiveOptions {
  cache: StageCache;
  progress: Progress;
  signal: AbortSignal;
  /** Tells experiments apart where a plugin's output may not be shared. */
  nonce: string;
  /** Told when a clip's pixels are there as a run wants them. */
  onSeen?: (plan: RunPlan, clip: DigestedClip) => void;
}

/** More are decoded at once than there are detectors, so that the detector does not wait for ffmpeg. */
const clipsAtOnce = 3;

/** One clip before all runs: decoded at most once, and only if some run lacks something. */
class ClipView {
  readonly #stores: Map<string, RecordStore<unknown>>;
  readonly #clip: Clip;
  readonly #digest: string;
  readonly #signal: AbortSignal;
  #frames: Promise<DecodedFrames> | undefined;

  constructor({ clip, digest }: DigestedClip, stores: Map<string, RecordStore<unknown>>, signal: AbortSignal) {
    this.#clip = clip;
    this.#digest = digest;
    this.#stores = stores;
    this.#signal = signal;
  }

  frames({ video }: RunPlan['settings']): Promise<DecodedFrames> {
    return (this.#frames ??= decodeClip(this.#clip, video, this.#signal));
  }

  async found(viewer: Viewer, keys: PerceptionKeys): Promise<{ found: Found; fresh: boolean }> {
    const store = this.#stores.get(keys.detections) as RecordStore<Found>;
    const known = store.get(this.#digest);
    if (known) return { found: known, fresh: false };
    const started = performance.now();
    const frames = await this.frames(viewer.plan.settings);
    const scale = frames.source.width / frames.width;
    const detections = await (await viewer.detector()).detect(frames, this.#known(scale));
    const found: Found = {
      width: frames.width,
      height: frames.height,
      scale,
      times: frames.times,
      detections,
      ms: performance.now() - started,
    };
    store.set(this.#digest, found);
    return { found, fresh: true };
  }

  async tracked(viewer: Viewer, keys: PerceptionKeys, found: Found): Promise<Tracked> {
    const store = this.#stores.get(keys.tracks) as RecordStore<Tracked>;
    const known = store.get(this.#digest);
    if (known) return known;
    const tracker = await viewer.tracker();
    const started = performance.now();
    const { width, height, times, scale } = found;
    const tracked = {
      ...tracker.track(found.detections, { width, height, times, ...this.#known(scale) }),
      ms: performance.now() - started,
    };
    store.set(this.#digest, tracked);
    return tracked;
  }

  /** For oracles; `scale` is pixels of the video per pixel of the frames. */
  #known(scale: number): Pick<ClipGeometry, 'clip' | 'truth'> {
    const { id, truth } = this.#clip;
    if (!truth) return { clip: id };
    const people = truth.people.map((person) => ({ ...person, boxes: person.boxes.map((box) => scaleBox(box, 1 / scale)) }));
    return { clip: id, truth: { ...truth, people } };
  }
}

/**
 * Decodes, detects, tracks and crops for every run of a sweep in one pass over the clips: what runs share is done once, what a cache has
 * is not done at all. A clip that cannot be used is at fault for the runs concerned; the others go on.
 */
export async function perceive(
  viewers: readonly Viewer[],
  clips: readonly DigestedClip[],
  { cache, progress, signal, nonce, onSeen }: PerceiveOptions,
): Promise<Map<RunPlan, Perception>> {
  const stores = new Map<string, RecordStore<unknown>>();
  const views = viewers.map((viewer) => {
    const keys = perceptionKeys(viewer.plan, nonce);
    if (!stores.has(keys.detections)) stores.set(keys.detections, cache.records('detect', keys.detections));
    if (!stores.has(keys.tracks)) stores.set(keys.tracks, cache.records('track', keys.tracks));
    const clips = new SeenClips(stores.get(keys.detections) as RecordStore<Found>, stores.get(keys.tracks) as RecordStore<Tracked>);
    const seen = { clips, faults: new Map<string, Fault>() };
    return { viewer, keys, seen, ...pixelBlobs(viewer.plan, cache, nonce) };
  });

  async function look(view: (typeof views)[number], digested: DigestedClip, clipView: ClipView): Promise<void> {
    const { viewer, keys, seen, frames, faces } = view;
    const { settings, plugins } = viewer.plan;
    const input = plugins.encoder.manifest.input!(plugins.encoder.config);
    const { found, fresh } = await clipView.found(viewer, keys);
    const tracked = await clipView.tracked(viewer, keys, found);
    if (faces && !tracked.principal.some(Boolean)) {
      throw new Fault('VIDEO_NO_FACE', `no face was found in the ${found.times.length} sampled frames`, {
        clip: digested.clip.id,
        hint: 'leave the clip out, sample more frames (video.frames), or lower the detector’s limit',
      });
    }
    if (!frames.has(digested.digest)) {
      frames.write(digested.digest, resizeFrames(await clipView.frames(settings), input.frame));
    }
    if (faces && !faces.has(digested.digest)) {
      const { height: size, filter } = input.face;
      const { margin } = settings.crop;
      faces.write(digested.digest, cropSquares(await clipView.frames(settings), tracked.principal, { margin, size, filter }));
    }
    seen.clips.add(digested.clip.id, digested.digest, fresh ? found.ms + tracked.ms : null);
    onSeen?.(viewer.plan, digested);
  }

  const step = progress.start('see faces', clips.length);
  let done = 0;
  try {
    await mapPool(clips, clipsAtOnce, async (digested) => {
      signal.throwIfAborted();
      // Frames are shared by the runs whose sampling is the same.
      const byVideo = new Map<string, ClipView>();
      for (const view of views) {
        const { settings } = view.viewer.plan;
        const sampling = JSON.stringify(settings.video);
        if (!byVideo.has(sampling)) byVideo.set(sampling, new ClipView(digested, stores, signal));
        try {
          await look(view, digested, byVideo.get(sampling)!);
        } catch (error) {
          if (!(error instanceof Fault) || !error.code.startsWith('VIDEO_') || settings.data['on-error'] === 'fail') throw error;
          view.seen.faults.set(digested.clip.id, error);
        }
      }
      step.done(++done);
    });
  } finally {
    step.end();
  }
  return new Map(views.map(({ viewer, seen, frames, faces }) => [viewer.plan, { ...seen, frames, faces }]));
}
