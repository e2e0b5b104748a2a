import { type Canvas, createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import type { Box, Frames, TrackedClip } from '../contracts/index.js';

/** Colours of the tracks that are not the principal's (Okabe and Ito 2008, on photographs), by track id. */
const trackColours = ['#56b4e9', '#e69f00', '#cc79a7', '#f0e442', '#0072b2'];
export const principalColour = '#00c389';

/** The colour of a track that is not the principal's. */
export const trackColour = (id: number): string => trackColours[id % trackColours.length]!;

/** One frame, RGB to canvas. */
export function frameCanvas(frames: Frames, index: number): Canvas {
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

export function outline(context: SKRSContext2D, box: Box, scale: number, colour: string, width: number, dash: number[]): void {
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

const sameBox = (a: Box, b: Box | null | undefined) => b && a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;

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

/**
 * The face tracks of one frame thin, each in its colour, the principal face thick, and what each track scored where the principal was chosen by
 * a policy; `scale` is pixels of the picture per pixel of the boxes.
 */
export function drawFaces(context: SKRSContext2D, { tracks, principal, choice }: TrackedClip, index: number, scale: number): void {
  const face = principal[index];
  for (const { id, boxes } of tracks) {
    const box = boxes[index];
    if (!box) continue;
    const chosen = sameBox(box, face);
    const colour = chosen ? principalColour : trackColour(id);
    if (!chosen) outline(context, box, scale, colour, 2, []);
    const score = choice?.scores.find(({ track }) => track === id)?.score;
    if (score !== undefined) scoreLabel(context, box, scale, score, colour);
  }
  if (face) outline(context, face, scale, principalColour, 4, []);
}
