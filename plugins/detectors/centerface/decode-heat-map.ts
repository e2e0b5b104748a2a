import type { Detection } from 'mienlab/contracts';

/** What the network says of a batch: maps [image, channel, row, column] with a cell for every 4 by 4 pixels of what it sees. */
export interface HeatMaps {
  /** One channel: the score of a face whose middle lies in the cell, 0..1. */
  heat: Float32Array;
  /** Logarithms of height and width over the cell's. */
  sizes: Float32Array;
  /** Of the middle from the cell's, down and across, in cells. */
  offsets: Float32Array;
  /** Five points, each down and across, in heights and widths of the box from its corner. */
  points: Float32Array;
  rows: number;
  columns: number;
}

const cell = 4;
const points = 5;

/**
 * Boxes and key points of the cells whose score is at least `minScore`, in pixels of the frame, in no order; `scale` is pixels of the frame per
 * pixel of what the network sees. Decoding of the reference code (Star-Clouds/CenterFace), without its cut at the frame's edges.
 */
export function decodeHeatMap(maps: HeatMaps, image: number, [scaleX, scaleY]: readonly [number, number], minScore: number): Detection[] {
  const { heat, sizes, offsets, rows, columns } = maps;
  const area = rows * columns;
  const found: Detection[] = [];
  for (let at = 0; at < area; at++) {
    const score = heat[image * area + at]!;
    if (!(score >= minScore)) continue;
    const pair = 2 * image * area + at;
    const height = Math.exp(sizes[pair]!) * cell * scaleY;
    const width = Math.exp(sizes[pair + area]!) * cell * scaleX;
    const middleY = (Math.floor(at / columns) + offsets[pair]! + 0.5) * cell * scaleY;
    const middleX = ((at % columns) + offsets[pair + area]! + 0.5) * cell * scaleX;
    const [x, y] = [middleX - width / 2, middleY - height / 2];
    const point = (k: number) => {
      const first = (2 * points * image + 2 * k) * area + at;
      return [x + maps.points[first + area]! * width, y + maps.points[first]! * height] as const;
    };
    found.push({ box: { x, y, width, height }, score: Math.min(1, score), landmarks: Array.from({ length: points }, (_, k) => point(k)) });
  }
  return found;
}
