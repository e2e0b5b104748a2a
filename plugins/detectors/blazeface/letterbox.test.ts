import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { letterbox } from './letterbox.js';

const side = 256;

const frames = (width: number, height: number, pixel: (x: number, y: number, channel: number) => number, count = 1) => ({
  width,
  height,
  times: Array.from({ length: count }, (_, i) => i),
  data: Uint8Array.from({ length: count * width * height * 3 }, (_, i) =>
    pixel(Math.floor(i / 3) % width, Math.floor(i / 3 / width) % height, i % 3),
  ),
});
const at = (image: Float32Array, x: number, y: number, channel = 0) => image[(y * side + x) * 3 + channel]!;
const near = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 1e-6, `${actual}, expected ${expected}`);

test('a frame of the size of the square passes through as pixel / 127.5 - 1', () => {
  const image = new Float32Array(side * side * 3);
  letterbox(side, side).write(
    frames(side, side, (x, y, channel) => (x + 2 * y + 50 * channel) % 256),
    0,
    image,
  );
  near(at(image, 0, 0), -1);
  near(at(image, 255, 0), 1);
  near(at(image, 10, 20, 2), 150 / 127.5 - 1);
});

test('a wide frame: no rows but those it needs', () => {
  const image = new Float32Array(192 * side * 3).fill(7);
  const fit = letterbox(320, 240);
  fit.write(
    frames(320, 240, () => 255),
    0,
    image,
  );
  near(at(image, 0, 0), 1);
  near(at(image, 255, 191), 1);
  assert.equal([fit.width, fit.height], [256, 192]);
  assert.equal(fit.scale, [1.25, 1.25]);
});

test('what a frame leaves of the last 32 pixels is black, whatever was there before', () => {
  const fit = letterbox(99, 200); // 126.72 columns, rounded to 127
  assert.equal([fit.width, fit.height], [128, 256]);
  assert.equal(fit.scale, [99 / 127, 200 / 256]);
  const image = new Float32Array(128 * 256 * 3).fill(7);
  fit.write(
    frames(99, 200, () => 255),
    0,
    image,
  );
  near(image[(255 * 128 + 126) * 3]!, 1);
  near(image[127 * 3]!, -1);
  near(image[(255 * 128 + 127) * 3]!, -1);
});

test('bilinear with half-pixel centres: a ramp stays a ramp', () => {
  const image = new Float32Array(side * side * 3);
  const value = (x: number, y: number) => 10 + x + 2 * y;
  letterbox(64, 64).write(frames(64, 64, value), 0, image);
  for (const [x, y] of [
    [100, 50],
    [33, 200],
    [128, 127],
  ] as const) {
    near(at(image, x, y), value((x + 0.5) / 4 - 0.5, (y + 0.5) / 4 - 0.5) / 127.5 - 1);
  }
  near(at(image, 0, 0), 10 / 127.5 - 1); // beyond the outermost centres the edge goes on
});

test('frames of one clip do not see each other', () => {
  const two = frames(40, 30, () => 0, 2);
  two.data.fill(255, 40 * 30 * 3);
  const fit = letterbox(40, 30);
  const [first, second] = [new Float32Array(side * 192 * 3), new Float32Array(side * 192 * 3)];
  fit.write(two, 0, first);
  fit.write(two, 1, second);
  assert.ok(first.every((value) => value === -1));
  near(at(second, 0, 0), 1);
});

test.run();
