import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Box, ClipGeometry, FaceTrack, PluginConfig, PluginContext, Tracker } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import { principalPolicy, readMotFile } from 'mienlab/plugin';
import { boxAt } from 'mienlab/video';

/** Boxes [person] of every sampled frame from the dataset's own truth. */
function trueBoxes({ truth, times, clip }: ClipGeometry): (Box | null)[][] {
  if (!truth) {
    throw new Fault('DATASET_INVALID', 'nothing is known of where the faces of this clip are', {
      ...(clip !== undefined && { clip }),
      key: 'tracker.path',
      expected: 'a dataset with truth, or a folder of MOT files in tracker.path',
    });
  }
  return truth.people.map(({ boxes }) => times.map((time) => boxAt(time, truth.times, boxes)));
}

/** Boxes [track] of every sampled frame from `CLIP.txt` in a folder; frame n of the file stands at (n - 1) / rate seconds. */
function fileBoxes({ times, clip, width, height }: ClipGeometry, folder: string, rate: number): (Box | null)[][] {
  const path = join(folder, `${clip}.txt`);
  if (clip === undefined || !existsSync(path)) {
    throw new Fault('DATASET_MISSING', `there is no ${clip}.txt in ${folder}`, {
      ...(clip !== undefined && { clip }),
      key: 'tracker.path',
      expected: 'a MOT file for every clip, named after it',
    });
  }
  const rows = readMotFile(path);
  const inside = ({ x, y, width: w, height: h }: Box) => w > 0 && h > 0 && x < width && y < height && x + w > 0 && y + h > 0;
  const ids = [...new Set(rows.map(({ id }) => id))].sort((a, b) => a - b);
  return ids.map((id) => {
    const boxOf = new Map(rows.filter((row) => row.id === id && inside(row.box)).map(({ frame, box }) => [frame, box]));
    return times.map((time) => boxOf.get(Math.round(time * rate) + 1) ?? null);
  });
}

/**
 * The oracle: tracks as the dataset's truth or a MOT file has them, whatever the detector found. `track` throws DATASET_INVALID for a clip
 * without truth, DATASET_MISSING and TRACKS_INVALID for a file that is not there or wrong.
 * @param config as the plugin's schema has it
 */
export function annotations(context: PluginContext, config: PluginConfig): Tracker {
  const [path, rate] = [config['path'] as string, config['frame-rate'] as number];
  const choose = principalPolicy(config);
  return {
    track(_detections, clip) {
      const boxes = path ? fileBoxes(clip, context.resolve(path), rate) : trueBoxes(clip);
      const tracks: FaceTrack[] = boxes.filter((row) => row.some(Boolean)).map((row, id) => ({ id, boxes: row }));
      return choose(tracks, clip);
    },
    dispose: () => {},
  };
}
