import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import type { Box, Frames, TrackedClip } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { drawFaces, frameCanvas, outline } from './draw-faces.js';
import { sheet } from './sheet.js';

const truthColour = '#ffffff';

export interface OverlayOptions {
  /** Width of one frame in the picture, pixels; its height keeps the frame's proportions. Default 240. */
  tileWidth?: number;
  /** Frames in one row. Default 4. */
  columns?: number;
}

function timeLabel(context: SKRSContext2D, seconds: number, height: number): void {
  const text = `${seconds.toFixed(2)} s`;
  context.font = '12px sans-serif';
  const { width } = context.measureText(text);
  context.fillStyle = 'rgba(0, 0, 0, 0.6)';
  context.fillRect(0, height - 18, width + 10, 18);
  context.fillStyle = '#ffffff';
  context.fillText(text, 5, height - 5);
}

/**
 * The sampled frames of a clip in rows, with its face tracks thin, the principal face thick, what each track scored where the
 * principal was chosen by a policy, the annotated principal (`truth`, a box or
 * null per sampled frame) dashed, and the time of each frame. PNG. Boxes are in pixels of the frames. Throws TENSOR_SHAPE where the
 * frames' data do not fit their size.
 */
export async function drawOverlay(
  frames: Frames,
  tracked: TrackedClip,
  truth: readonly (Box | null)[] | undefined,
  options: OverlayOptions = {},
): Promise<Buffer> {
  const { width, height, times, data } = frames;
  if (data.length !== times.length * width * height * 3 || times.length === 0) {
    throw new Fault('TENSOR_SHAPE', `${data.length} bytes are no ${times.length} frames of ${width} x ${height} RGB pixels`, {
      expected: 'one or more frames, [count, height, width, 3] in one piece',
    });
  }
  const scale = (options.tileWidth ?? 240) / width;
  const tile = { width: Math.round(width * scale), height: Math.round(height * scale) };
  const tiles = times.map((seconds, index) => {
    const canvas = createCanvas(tile.width, tile.height);
    const context = canvas.getContext('2d');
    context.drawImage(frameCanvas(frames, index), 0, 0, tile.width, tile.height);
    drawFaces(context, tracked, index, scale);
    const annotated = truth?.[index];
    if (annotated) outline(context, annotated, scale, truthColour, 2, [5, 4]);
    timeLabel(context, seconds, tile.height);
    return canvas;
  });
  return sheet(tiles, options.columns ?? 4).encode('png');
}
