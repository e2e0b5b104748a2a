import type { Box, PluginConfig, Tracker, TrackStream } from 'mienlab/contracts';
import { principalPolicy, streamTracker } from 'mienlab/plugin';
import { boxIou } from 'mienlab/video';

interface Track {
  id: number;
  box: Box;
  length: number;
  /** The highest score of its detections. */
  score: number;
}

/**
 * The IoU tracker (Bochinski, Eiselein and Sikora 2017, High-speed tracking-by-detection without using image information, algorithm 1): each
 * track in turn takes the detection that overlaps its last one most; a frame without one ends it. Boxes and scores alone, no prediction.
 * @param config as the plugin's schema has it
 */
export function iou(config: PluginConfig): Tracker {
  const option = (name: string) => config[name] as number;
  const [minScore, peakScore, minIou, minLength] = [option('min-score'), option('peak-score'), option('min-iou'), option('min-length')];

  function open(): TrackStream {
    let tracks: Track[] = [];
    let next = 0;
    const dropped: number[] = [];
    const finish = ({ id, length, score }: Track) => {
      if (length < minLength || score < peakScore) dropped.push(id);
    };
    return {
      push(faces) {
        const ids = faces.map((): number | null => null);
        const going: Track[] = [];
        for (const track of tracks) {
          let [best, overlap] = [-1, 0];
          faces.forEach(({ box, score }, i) => {
            const value = ids[i] === null && score >= minScore ? boxIou(box, track.box) : 0;
            if (value > overlap) [best, overlap] = [i, value];
          });
          const face = overlap >= minIou ? faces[best] : undefined;
          if (!face) {
            finish(track);
            continue;
          }
          ids[best] = track.id;
          going.push({ id: track.id, box: face.box, length: track.length + 1, score: Math.max(track.score, face.score) });
        }
        faces.forEach(({ box, score }, i) => {
          if (ids[i] !== null || score < minScore) return;
          ids[i] = next;
          going.push({ id: next++, box, length: 1, score });
        });
        tracks = going;
        return ids;
      },
      end() {
        tracks.forEach(finish);
        return dropped;
      },
    };
  }

  return streamTracker(open, principalPolicy(config));
}
