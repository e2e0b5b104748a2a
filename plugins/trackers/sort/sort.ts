import type { PluginConfig, Tracker, TrackStream } from 'mienlab/contracts';
import { bestPairs, principalPolicy, streamTracker } from 'mienlab/plugin';
import { boxIou } from 'mienlab/video';
import { SortTrack } from './sort-track.js';

/**
 * SORT (Bewley et al. 2016, Simple online and realtime tracking), as its reference code does it: Kalman prediction, optimal assignment by
 * overlap, a track shown once `min-hits` frames in a row have confirmed it (in the first frames at once) and forgotten after `max-age`.
 * @param config as the plugin's schema has it
 */
export function sort(config: PluginConfig): Tracker {
  const option = (name: string) => config[name] as number;
  const [minIou, maxAge, minHits] = [option('min-iou'), option('max-age'), option('min-hits')];

  function open(): TrackStream {
    let tracks: SortTrack[] = [];
    let [next, frames] = [0, 0];
    return {
      push(faces) {
        frames++;
        const predicted = tracks.map((track) => track.predict());
        const faceOf = bestPairs(predicted.map((box) => faces.map((face) => boxIou(face.box, box))));
        const trackOf = faces.map((): SortTrack | undefined => undefined);
        tracks.forEach((track, i) => {
          const face = faces[faceOf[i]!];
          if (!face || boxIou(face.box, predicted[i]!) < minIou) return;
          track.see(face.box);
          trackOf[faceOf[i]!] = track;
        });
        const fresh = faces.flatMap(({ box }, i) => (trackOf[i] ? [] : [(trackOf[i] = new SortTrack(next++, box))]));
        tracks = [...tracks, ...fresh].filter(({ missed }) => missed <= maxAge);
        return trackOf.map((track) => (track!.streak >= minHits || frames <= minHits ? track!.id : null));
      },
      end: () => [],
    };
  }

  return streamTracker(open, principalPolicy(config));
}
