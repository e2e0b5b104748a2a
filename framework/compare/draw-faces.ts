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

/** The face tracks of one frame thin, each in its colour, the principal face thick; `scale` is pixels of the picture per pixel of the boxes. */
export function drawFaces(context: SKRSContext2D, { tracks, principal }: TrackedClip, index: number, scale: number): void {
  const chosen = principal[index];
  for (const { id, boxes } of tracks) {
    const box = boxes[index];
    if (box && !sameBox(box, chosen)) outline(context, box, scale, trackColour(id), 2, []);
  }
  if (chosen) outline(context, chosen, scale, principalColour, 4, []);
}
