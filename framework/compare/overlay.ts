import { type Canvas, createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import type { Box, Frames, TrackedClip } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { sheet } from './sheet.js';

export interface OverlayOptions {
  /** Width of one frame in the picture, pixels; its height keeps the frame's proportions. Default 240. */
  tileWidth?: number;
  /** Frames in one row. Default 4. */
  columns?: number;
}

/** Colours of the tracks that are not the principal's (Okabe and Ito 2008, on photographs), by track id. */
const trackColours = ['#56b4e9', '#e69f00', '#cc79a7', '#f0e442', '#0072b2'];
const principalColour = '#00c389';
const truthColour = '#ffffff';

/** One frame, RGB to canvas. */
function frameCanvas(frames: Frames, index: number): Canvas {
  const { width, height, data } = frames;
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  const image = context.createImageData(width, height);
  let from = index * width * height * 3;
  for (let to = 0; to < image.data.length; to += 4) {
    image.data[to] = data[from++]!;
    image.data[to + 1] = data[from++]!;
    image.data[to + 2] = data[from++]!;
    image.data[to + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

function outline(context: SKRSContext2D, box: Box, scale: number, colour: string, width: number, dash: number[]): void {
  const rectangle = [box.x * scale, box.y * scale, box.width * scale, box.height * scale] as const;
  context.setLineDash([]);
  // A dark edge keeps the line visible on any picture.
  context.strokeStyle = 'rgba(0, 0, 0, 0.55)';
  context.lineWidth = width + 2;
  if (dash.length === 0) context.strokeRect(...rectangle);
  context.setLineDash(dash);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.strokeRect(...rectangle);
  context.setLineDash([]);
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

/** What a track scored when the principal was chosen, above its box. */
function scoreLabel(context: SKRSContext2D, { x, y }: Box, scale: number, score: number, colour: string): void {
  const text = score.toPrecision(2);
  context.font = '11px sans-serif';
  const { width } = context.measureText(text);
  const [left, bottom] = [Math.max(0, x * scale), Math.max(14, y * scale - 3)];
  context.fillStyle = 'rgba(0, 0, 0, 0.6)';
  context.fillRect(left, bottom - 12, width + 6, 14);
  context.fillStyle = colour;
  context.fillText(text, left + 3, bottom - 1);
}

const sameBox = (a: Box, b: Box | null | undefined) => b && a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;

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
    const principal = tracked.principal[index];
    for (const { id, boxes } of tracked.tracks) {
      const box = boxes[index];
      if (!box) continue;
      const chosen = sameBox(box, principal);
      const colour = chosen ? principalColour : trackColours[id % trackColours.length]!;
      if (!chosen) outline(context, box, scale, colour, 2, []);
      const score = tracked.choice?.scores.find(({ track }) => track === id)?.score;
      if (score !== undefined) scoreLabel(context, box, scale, score, colour);
    }
    if (principal) outline(context, principal, scale, principalColour, 4, []);
    const annotated = truth?.[index];
    if (annotated) outline(context, annotated, scale, truthColour, 2, [5, 4]);
    timeLabel(context, seconds, tile.height);
    return canvas;
  });
  return sheet(tiles, options.columns ?? 4).encode('png');
}
