import type { Detection, FaceTrack, PluginConfig, Tracker } from 'mienlab/contracts';
import { bestPairs } from './best-pairs.js';
import { Path, type Association } from './path.js';
import { principalTrack, type Prominence } from './principal-track.js';

/** Ties the faces of all frames into tracks, numbered in order of first sight. A face is in exactly one track. */
function associate(detections: readonly (readonly Detection[])[], times: readonly number[], rules: Association): FaceTrack[] {
  const paths: Path[] = [];
  let waiting: Path[] = [];
  detections.forEach((faces, frame) => {
    const time = times[frame]!;
    waiting = waiting.filter((path) => !path.lost(frame, time, rules));
    const faceOf = bestPairs(waiting.map((path) => faces.map(({ box }) => path.fit(box, time, rules))));
    const taken = new Set(faceOf);
    waiting.forEach((path, i) => {
      const face = faces[faceOf[i]!];
      if (face) path.see(face.box, frame, time);
    });
    faces.forEach(({ box }, i) => {
      if (taken.has(i)) return;
      const path = new Path(box, frame, time, detections.length);
      paths.push(path);
      waiting.push(path);
    });
  });
  return paths.map(({ boxes }, id) => ({ id, boxes }));
}

/**
 * Tracks by optimal assignment frame by frame, and the principal by prominence over the whole clip. Pure: the same faces, the same tracks.
 * @param config as the plugin's schema has it
 */
export function facetrack(config: PluginConfig): Tracker {
  const option = (name: string) => config[name] as number;
  const rules: Association = {
    iouWeight: option('iou-weight'),
    baseReach: option('base-reach'),
    maxSpeed: option('max-speed'),
    maxReach: option('max-reach'),
    maxGrowth: option('max-growth'),
    maxAge: option('max-age'),
    maxMissed: option('max-missed'),
  };
  const weights: Prominence = {
    presence: option('presence-weight'),
    size: option('size-weight'),
    centre: option('centre-weight'),
    width: option('centre-width'),
  };
  return {
    track(detections, clip) {
      const tracks = associate(detections, clip.times, rules);
      const principal = principalTrack(tracks, clip, weights);
      return { tracks, principal: principal ? principal.boxes : detections.map(() => null) };
    },
    dispose: () => {},
  };
}
