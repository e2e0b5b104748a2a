import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pluginContext } from '../../container/plugin-context.js';
import type { Log, PluginConfig, PluginManifest, Progress, Tracker } from '../../contracts/index.js';
import { Fault } from '../../faults/index.js';
import { openDetectPool } from './detect-pool.js';
import { overlayVideo } from './overlay-video.js';
import { trackVideo } from './track-video.js';
import type { NamedVideo } from './video-files.js';
import { assertFree, writeTracks } from './write-tracks.js';

export interface TrackVideosOptions {
  detector: { manifest: PluginManifest<'detector'>; config: PluginConfig };
  tracker: { manifest: PluginManifest<'tracker'>; config: PluginConfig };
  /** The folder to write to. */
  out: string;
  overlay: boolean;
  /** Threads that look for faces; as many as there are cores where absent. */
  workers?: number;
  every: number;
  maxSide: number;
  log: Log;
  progress: Progress;
  signal: AbortSignal;
}

/** How it went with one video. */
export type VideoOutcome = { video: string; name: string } & (
  | {
      frames: number;
      tracks: number;
      /** Share of the frames with the principal. */
      principal: number;
      /** Frames a second, decoding, detection and tracking together. */
      rate: number;
      files: string[];
    }
  | { fault: Fault }
);

/** Threads of its own would take cores from the other workers. */
function withThreads({ manifest, config }: TrackVideosOptions['detector'], workers: number): PluginConfig {
  if (!('threads' in manifest.config.properties) || config['threads'] !== 0) return config;
  return { ...config, threads: Math.max(1, Math.floor(availableParallelism() / workers)) };
}

/**
 * Tracks the faces of videos, one after the other, each on all cores. A video that cannot be used is named and the others go on. What lies under
 * its name is whole, whenever it ends.
 */
export async function trackVideos(videos: readonly NamedVideo[], options: TrackVideosOptions): Promise<VideoOutcome[]> {
  const { detector, tracker, out, overlay, every, maxSide, log, progress, signal } = options;
  const workers = options.workers ?? availableParallelism();
  const config = withThreads(detector, workers);
  const pool = await openDetectPool({ name: detector.manifest.name, config }, workers, { log, signal });
  const follower: Tracker = await tracker.manifest.create(
    pluginContext(tracker.manifest, 0, { log, progress, signal }),
    tracker.config,
    {},
  );
  const outcomes: VideoOutcome[] = [];

  async function one({ path, name }: NamedVideo): Promise<VideoOutcome> {
    const base = join(out, name);
    assertFree(base, path);
    const started = performance.now();
    const tracking = progress.start(name, 0);
    const tracked = await trackVideo(path, pool, follower, {
      every,
      maxSide,
      clip: name,
      signal,
      onFrames: (count) => tracking.done(count),
    }).finally(() => tracking.end());
    const seconds = (performance.now() - started) / 1000;
    await writeTracks(base, tracked, {
      video: path,
      detector: { name: detector.manifest.name, config: detector.config },
      tracker: { name: tracker.manifest.name, config: tracker.config },
      every,
    });
    const files = [`${base}.txt`, `${base}.json`];
    if (overlay) {
      const drawing = progress.start(`${name}: overlay`, tracked.times.length);
      const file = `${base}.mp4`;
      await overlayVideo(path, tracked, { out: file, clip: name, signal, onFrames: (count) => drawing.done(count) }).finally(() =>
        drawing.end(),
      );
      files.push(file);
    }
    return {
      video: path,
      name,
      frames: tracked.times.length,
      tracks: tracked.tracks.length,
      principal: tracked.principal.filter(Boolean).length / tracked.times.length,
      rate: tracked.times.length / seconds,
      files,
    };
  }

  try {
    for (const video of videos) {
      signal.throwIfAborted();
      try {
        outcomes.push(await one(video));
      } catch (error) {
        if (signal.aborted || !(error instanceof Fault) || error.exitCode !== 1) throw error;
        outcomes.push({ video: video.path, name: video.name, fault: error });
      }
    }
  } finally {
    await follower.dispose();
    await pool.close();
  }
  return outcomes;
}
