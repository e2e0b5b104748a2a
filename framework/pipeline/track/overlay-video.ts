import { type Canvas, createCanvas } from '@napi-rs/canvas';
import { drawFaces, frameCanvas, principalColour, trackColour } from '../../compare/draw-faces.js';
import { encodeVideo, streamFrames } from '../../video/index.js';
import type { TrackedVideo } from './track-video.js';

export interface OverlayVideoOptions {
  /** The file to write, `.mp4`. */
  out: string;
  clip: string;
  signal: AbortSignal;
  /** Told how many frames are drawn. */
  onFrames?: (count: number) => void;
}

/** The longer side of the picture, pixels. */
const longSide = 960;
/** Of the time line: pixels of a row, of the space around, and most rows; the tracks seen longest get one. */
const [rowHeight, space, mostRows] = [8, 6, 8];

const even = (length: number) => 2 * Math.ceil(length / 2);

/** When each face is to be seen, a row each, the principal's on top: drawn once, for all frames. */
function timeLine({ tracks, principal, times }: TrackedVideo, width: number): Canvas {
  const rows = tracks
    .map(({ id, boxes }) => ({ id, boxes, seen: boxes.filter(Boolean).length }))
    .sort((a, b) => b.seen - a.seen || a.id - b.id)
    .slice(0, mostRows);
  const lanes = [{ colour: principalColour, boxes: principal }, ...rows.map(({ id, boxes }) => ({ colour: trackColour(id), boxes }))];
  const canvas = createCanvas(width, even(lanes.length * (rowHeight + 2) + 2 * space));
  const context = canvas.getContext('2d');
  context.fillStyle = '#16181d';
  context.fillRect(0, 0, canvas.width, canvas.height);
  lanes.forEach(({ colour, boxes }, lane) => {
    context.fillStyle = colour;
    const y = space + lane * (rowHeight + 2);
    let from = -1;
    for (let frame = 0; frame <= times.length; frame++) {
      if (boxes[frame] && from < 0) from = frame;
      if (boxes[frame] || from < 0) continue;
      const x = (from / times.length) * width;
      context.fillRect(x, y, Math.max(1, (frame / times.length) * width - x), rowHeight);
      from = -1;
    }
  });
  return canvas;
}

/** Frames with their boxes above the time line, RGBA; the video is decoded a second time, piece by piece. */
async function* draw(path: string, tracked: TrackedVideo, size: Size, { clip, signal, onFrames }: OverlayVideoOptions) {
  const line = timeLine(tracked, size.width);
  const canvas = createCanvas(size.width, size.height + line.height);
  const context = canvas.getContext('2d');
  const last = Math.max(1, tracked.times.length - 1);
  for await (const piece of streamFrames(path, { maxSide: longSide, clip, signal })) {
    for (let i = 0; i < piece.times.length; i++) {
      const index = piece.first + i;
      if (index >= tracked.times.length) return;
      context.drawImage(frameCanvas(piece, i), 0, 0, size.width, size.height);
      drawFaces(context, tracked, index, size.width / tracked.width);
      context.drawImage(line, 0, size.height);
      context.fillStyle = '#ffffff';
      context.fillRect(Math.round((index / last) * (size.width - 2)), size.height, 2, line.height);
      yield new Uint8Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
      onFrames?.(index + 1);
    }
  }
}

interface Size {
  width: number;
  height: number;
}

/**
 * Writes a video again with its tracks drawn into it: boxes, identities by colour, the principal in green and thick, and underneath when each is to
 * be seen. Frames stand at the video's mean rate. Written aside and renamed when whole. Throws as `streamFrames` and `encodeVideo` do.
 */
export async function overlayVideo(path: string, tracked: TrackedVideo, options: OverlayVideoOptions): Promise<void> {
  const { width, height, times } = tracked;
  const shrink = Math.min(1, longSide / Math.max(width, height));
  const size = { width: even(width * shrink), height: even(height * shrink) };
  const span = times.at(-1)! - times[0]!;
  const rate = times.length > 1 && span > 0 ? (times.length - 1) / span : 25;
  const whole = { width: size.width, height: size.height + timeLine(tracked, size.width).height };
  await encodeVideo(draw(path, tracked, size, options), {
    ...whole,
    fps: Math.round(rate * 1000) / 1000,
    pixels: 'rgba',
    out: options.out,
    signal: options.signal,
  });
}
