import type { Frames } from 'mienlab/contracts';

/** The longer side of what the network sees, pixels. */
const longSide = 256;

/** Both sides of it are multiples of this: the stride of the coarse grid. */
const stride = 32;

/** Pixels 0..255 become -1..1. */
const unit = 1 / 127.5;

/** Two neighbours of every output position and the second one's weight. */
function taps(from: number, to: number): { near: Int32Array; far: Int32Array; weight: Float32Array } {
  const near = new Int32Array(to);
  const far = new Int32Array(to);
  const weight = new Float32Array(to);
  for (let i = 0; i < to; i++) {
    const at = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    near[i] = Math.floor(at);
    far[i] = Math.min(from - 1, near[i]! + 1);
    weight[i] = at - near[i]!;
  }
  return { near, far, weight };
}

/** How frames of one size are laid into the image that the network sees. */
export interface Letterbox {
  /** Pixels of that image: the longer is 256, the shorter as much as the frame needs, rounded up to a multiple of 32. */
  readonly width: number;
  readonly height: number;
  /** Pixels of the frame per pixel of the image, along x and y; the same up to the rounding of one pixel. */
  readonly scale: readonly [number, number];
  /** Writes one frame to `into` as float32 [height, width, 3], values -1..1 (pixel / 127.5 - 1); what the frame does not cover is black. */
  write(frames: Frames, index: number, into: Float32Array): void;
}

/**
 * Fits frames into the network's image at its top left, bilinear with half-pixel centres. The network was trained on squares, but it is
 * convolutional: leaving out the rows that would be black saves a quarter of the time for 4:3 and more for 16:9. In plain JS and not in tensor
 * ops, so that every backend sees the same bits; one frame costs about half a millisecond.
 */
export function letterbox(width: number, height: number): Letterbox {
  const longest = Math.max(width, height);
  const columns = Math.max(1, Math.round((longSide * width) / longest));
  const rows = Math.max(1, Math.round((longSide * height) / longest));
  const imageWidth = Math.ceil(columns / stride) * stride;
  const imageHeight = Math.ceil(rows / stride) * stride;
  const x = taps(width, columns);
  const y = taps(height, rows);
  for (let i = 0; i < columns; i++) {
    x.near[i]! *= 3;
    x.far[i]! *= 3;
  }
  // One source row resized along x, kept while the next output rows still need it.
  const lines = [new Float32Array(columns * 3), new Float32Array(columns * 3)];
  const held = [-1, -1];

  function line(data: Uint8Array, start: number, row: number): Float32Array {
    const slot = row & 1;
    const out = lines[slot]!;
    if (held[slot] === row) return out;
    held[slot] = row;
    const base = start + row * width * 3;
    for (let i = 0, o = 0; i < columns; i++, o += 3) {
      const near = base + x.near[i]!;
      const far = base + x.far[i]!;
      const weight = x.weight[i]!;
      // Unrolled over the channels, and scaled here once: both show in the time of a frame.
      const red = data[near]!;
      const green = data[near + 1]!;
      const blue = data[near + 2]!;
      out[o] = (red + (data[far]! - red) * weight) * unit - 1;
      out[o + 1] = (green + (data[far + 1]! - green) * weight) * unit - 1;
      out[o + 2] = (blue + (data[far + 2]! - blue) * weight) * unit - 1;
    }
    return out;
  }

  return {
    width: imageWidth,
    height: imageHeight,
    scale: [width / columns, height / rows],
    write({ data }, index, into) {
      const start = index * width * height * 3;
      held.fill(-1);
      into.fill(-1);
      for (let j = 0; j < rows; j++) {
        const upper = line(data, start, y.near[j]!);
        const lower = line(data, start, y.far[j]!);
        const weight = y.weight[j]!;
        const base = j * imageWidth * 3;
        for (let i = 0; i < columns * 3; i++) {
          const value = upper[i]!;
          into[base + i] = value + (lower[i]! - value) * weight;
        }
      }
    },
  };
}
