import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ImageSize } from '../contracts/index.js';
import { packageRoot } from '../paths.js';
import { cropSquares, ffmpegExecutable, resizeFrames } from './index.js';

const goldens = join(packageRoot, '../shared/goldens/preprocess');
const present = existsSync(goldens);
if (!present) console.log(`skipped: no ${goldens}`);
const golden = present ? test : test.skip;

/** Bytes of one tensor of a safetensors file: a header's length, the header as JSON, then the tensors. */
function stored(name: string): Buffer {
  const file = readFileSync(join(goldens, 'golden.safetensors'));
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, 8 + length)) as Record<string, { data_offsets: [number, number] }>;
  const [start, end] = header[name]!.data_offsets;
  return file.subarray(8 + length + start, 8 + length + end);
}

const pictures = { gradient: [97, 61], noise: [50, 83], frame: [480, 270], rgba_small: [21, 30] } as const;
type Picture = keyof typeof pictures;

/** One of Pillow's fixed point divisions by 255, of 7 bits more (AlphaComposite.c). */
const over255 = (value: number) => ((((value + (0x80 << 7)) >> 8) + value + (0x80 << 7)) >> 8) >> 7;

/** RGB of a picture; where it has alpha, over white as transformers 5 does, or alpha dropped as 4 did. */
function image(name: Picture, alpha: 'over-white' | 'dropped' = 'over-white') {
  const [width, height] = pictures[name];
  const ffmpeg = ffmpegExecutable();
  const args = ['-v', 'error', '-i', join(goldens, `${name}.png`), '-f', 'rawvideo', '-pix_fmt', 'rgba', '-'];
  const rgba = execFileSync(ffmpeg, args, { maxBuffer: 1 << 24 });
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const share = alpha === 'dropped' ? 255 * 128 : Math.trunc((rgba[4 * i + 3]! * 255 * 255 * 128) / (255 * 255));
    for (let c = 0; c < 3; c++) data[3 * i + c] = over255(rgba[4 * i + c]! * share + 255 * (255 * 128 - share));
  }
  return { width, height, data, times: [0] };
}

const clip = { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] };
const siglip = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

/** The goldens' tensors of pixels as encoders get them: what they are called, what the framework is asked for, how they are normalised. */
const processors: Record<string, ImageSize & typeof clip> = {
  siglip: { height: 64, width: 64, filter: 'bicubic', ...siglip },
  clip: { height: 64, width: 64, filter: 'bicubic', fit: { shortestEdge: 64 }, ...clip },
  clip_crop_larger_than_image: { height: 64, width: 64, filter: 'bicubic', fit: { shortestEdge: 32 }, ...clip },
  siglip_bilinear_nonsquare: { height: 48, width: 80, filter: 'bilinear', ...siglip },
  clip_expand2square: { height: 64, width: 64, filter: 'bicubic', fit: { pad: [122, 116, 104] }, ...clip },
};

function assertPixels(resized: Uint8Array, name: string, { mean, std }: typeof clip): void {
  const bytes = stored(name);
  const pixels = resized.length / 3;
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < pixels; i++) {
      const expected = bytes.readFloatLE(4 * (c * pixels + i));
      const actual = (resized[3 * i + c]! / 255 - mean[c]!) / std[c]!;
      assert.ok(Math.abs(actual - expected) < 1e-5, `${name}: channel ${c}, pixel ${i}: ${actual}, expected ${expected}`);
    }
  }
}

for (const name of Object.keys(pictures) as Picture[]) {
  golden(`resizes ${name} as Pillow does, to the bit, with every filter`, async () => {
    const picture = image(name);
    for (const [what, size] of Object.entries({
      bicubic_64x64: { width: 64, height: 64, filter: 'bicubic' },
      bilinear_80w48h: { width: 80, height: 48 },
      lanczos_64x64: { width: 64, height: 64, filter: 'lanczos' },
    } as Record<string, ImageSize>)) {
      assert.ok(Buffer.from(resizeFrames(picture, size)).equals(stored(`${name}.resized_uint8_${what}`)), what);
    }
  });

  golden(`fits ${name} as the image processors of transformers and LLaVA do`, async () => {
    const picture = image(name);
    for (const [what, { mean, std, ...size }] of Object.entries(processors)) {
      assertPixels(resizeFrames(picture, size), `${name}.${what}.pixel_values`, { mean, std });
    }
  });
}

golden('alpha dropped', async () => {
  const { mean, std, ...size } = processors['siglip']!;
  assertPixels(resizeFrames(image('rgba_small', 'dropped'), size), 'rgba_small.alpha_dropped.siglip.pixel_values', { mean, std });
});

golden('a crop that fits the frame is a resize of that part, with every filter', async () => {
  for (const name of ['gradient', 'noise', 'frame'] as const) {
    const frame = image(name);
    const part = new Uint8Array(30 * 30 * 3);
    for (let y = 0; y < 30; y++) {
      const start = ((y + 4) * frame.width + 7) * 3;
      part.set(frame.data.subarray(start, start + 90), y * 90);
    }
    for (const filter of ['bilinear', 'bicubic', 'lanczos'] as const) {
      const crop = cropSquares(frame, [{ x: 7, y: 4, width: 30, height: 30 }], { margin: 1, size: 30, filter });
      assert.ok(Buffer.from(crop).equals(Buffer.from(part)), `${name}, ${filter}`);
    }
  }
});

test('each of several frames is fitted for itself', () => {
  const [one, two] = [0, 1].map((seed) => Uint8Array.from({ length: 20 * 10 * 3 }, (_, i) => (i * i * 7 + seed * 91 + i) % 256));
  const both = new Uint8Array([...one!, ...two!]);
  for (const fit of ['stretch', { shortestEdge: 12 }, { pad: [1, 2, 3] }] as const) {
    const size = { width: 16, height: 16, fit, filter: 'bicubic' } as const;
    const alone = [one!, two!].map((data) => resizeFrames({ width: 20, height: 10, data }, size));
    assert.equal([...resizeFrames({ width: 20, height: 10, data: both }, size)], [...alone[0]!, ...alone[1]!]);
  }
});

test('a square cannot be brought to another shape', () => {
  try {
    resizeFrames({ width: 2, height: 2, data: new Uint8Array(12) }, { width: 4, height: 6, fit: { pad: [0, 0, 0] } });
    assert.unreachable();
  } catch (error) {
    assert.is((error as { code?: string }).code, 'CONFIG_VALUE');
  }
});

const plain = { width: 20, height: 10, data: new Uint8Array(2 * 20 * 10 * 3).fill(200), times: [0, 1] };

test('a plain image stays plain at every size', () => {
  for (const size of [1, 3, 10, 37]) {
    const resized = resizeFrames(plain, { width: size, height: 2 * size });
    assert.is(resized.length, 2 * 2 * size * size * 3);
    assert.ok(resized.every((value) => value === 200));
  }
});

test('crops: black outside of the frame and where there is no box', () => {
  // A square of 10 pixels about (0, 5): its left half lies outside.
  const crops = cropSquares(plain, [{ x: -2.5, y: 2.5, width: 5, height: 5 }, null], { margin: 2, size: 10 });
  const at = (x: number, y: number) => crops[(y * 10 + x) * 3];
  assert.equal([at(0, 5), at(4, 0), at(5, 0), at(9, 9)], [0, 0, 200, 200]);
  assert.ok(crops.subarray(300).every((value) => value === 0));
});

test('a crop wholly outside of the frame is black', () => {
  for (const box of [-100, 100].map((x) => ({ x, y: 0, width: 5, height: 5 }))) {
    assert.ok(cropSquares(plain, [box], { margin: 1.5, size: 8 }).every((value) => value === 0));
  }
});

test('the box may have fractions: half a pixel to the right mixes neighbours', () => {
  const ramp = { width: 4, height: 4, data: new Uint8Array(48), times: [0] };
  for (let i = 0; i < 16; i++) ramp.data.fill((i % 4) * 10, i * 3, i * 3 + 3);
  const crop = cropSquares(ramp, [{ x: 0.5, y: 1, width: 2, height: 2 }], { margin: 1, size: 2 });
  assert.equal([crop[0], crop[3]], [5, 15]);
});

test.run();
