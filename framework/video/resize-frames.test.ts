import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { packageRoot } from '../paths.js';
import { cropSquares, resizeFrames } from './index.js';

const goldens = join(packageRoot, '../shared/goldens/preprocess');

/** One tensor of a safetensors file: a header's length, the header as JSON, then the bytes. */
function golden(name: string): Uint8Array {
  const file = readFileSync(join(goldens, 'golden.safetensors'));
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, 8 + length)) as Record<string, { data_offsets: [number, number] }>;
  const [start, end] = header[name]!.data_offsets;
  return new Uint8Array(file.subarray(8 + length + start, 8 + length + end));
}

async function image(name: string) {
  const picture = await loadImage(join(goldens, `${name}.png`));
  const { width, height } = picture;
  const canvas = createCanvas(width, height);
  canvas.getContext('2d').drawImage(picture, 0, 0);
  const rgba = canvas.getContext('2d').getImageData(0, 0, width, height).data;
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data.set(rgba.subarray(i * 4, i * 4 + 3), i * 3);
  return { width, height, data, times: [0] };
}

for (const name of ['gradient', 'noise', 'frame']) {
  if (!existsSync(goldens)) {
    console.log(`skipped: no ${goldens}`);
    break;
  }
  test(`resizes ${name} as Pillow does, to the bit`, async () => {
    const resized = resizeFrames(await image(name), { width: 80, height: 48 });
    assert.ok(Buffer.from(resized).equals(Buffer.from(golden(`${name}.resized_uint8_bilinear_80w48h`))));
  });

  test(`a crop of ${name} that fits the frame is a resize of that part`, async () => {
    const frame = await image(name);
    const part = new Uint8Array(30 * 30 * 3);
    for (let y = 0; y < 30; y++) {
      const start = ((y + 4) * frame.width + 7) * 3;
      part.set(frame.data.subarray(start, start + 90), y * 90);
    }
    const crop = cropSquares(frame, [{ x: 7, y: 4, width: 30, height: 30 }], { margin: 1, size: 30 });
    assert.ok(Buffer.from(crop).equals(Buffer.from(part)));
  });
}

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
