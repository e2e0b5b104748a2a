import { createCanvas, loadImage } from '@napi-rs/canvas';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Box, Frames } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { contactSheet } from './contact-sheet.js';
import { drawOverlay } from './overlay.js';

/** `count` grey frames of 60 x 40 pixels; frame i has the level 40 i. */
function greyFrames(count: number): Frames {
  const [width, height] = [60, 40];
  const data = new Uint8Array(count * width * height * 3);
  for (let i = 0; i < count; i++) data.fill(40 * i, i * width * height * 3, (i + 1) * width * height * 3);
  return { width, height, data, times: Array.from({ length: count }, (_, i) => i / 2) };
}

async function pixels(png: Buffer) {
  const image = await loadImage(png);
  const canvas = createCanvas(image.width, image.height);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  return { width: image.width, height: image.height, at: (x: number, y: number) => [...context.getImageData(x, y, 1, 1).data] };
}

const box = (x: number, y: number, width: number, height: number): Box => ({ x, y, width, height });

test('frames stand in rows with gaps between', async () => {
  const picture = await pixels(await drawOverlay(greyFrames(5), { tracks: [], principal: [] }, undefined, { tileWidth: 120, columns: 3 }));
  assert.equal([picture.width, picture.height], [3 * 120 + 2 * 4, 2 * 80 + 4]);
  assert.equal(picture.at(60, 30), [0, 0, 0, 255]);
  assert.equal(picture.at(124 + 60, 30), [40, 40, 40, 255]);
  assert.equal(picture.at(124 + 60, 84 + 30), [160, 160, 160, 255]);
  assert.is(picture.at(122, 30)[3], 0, 'the gap is transparent');
  assert.is(picture.at(248 + 60, 84 + 30)[3], 0, 'no sixth frame');
});

test('the principal is thick and green, other tracks thin, the truth dashed and white', async () => {
  const principal = [box(10, 5, 20, 20)];
  const tracks = [
    { id: 0, boxes: principal },
    { id: 1, boxes: [box(35, 5, 20, 20)] },
  ];
  const picture = await pixels(await drawOverlay(greyFrames(1), { tracks, principal }, [box(12, 15, 20, 20)], { tileWidth: 240 }));
  const green = [0, 195, 137, 255];
  // Boxes are four times as large in the picture; a line of 4 pixels lies half to either side.
  for (const x of [38, 39, 40, 41]) assert.equal(picture.at(x, 40), green, `x ${x}`);
  assert.not.equal(picture.at(44, 40), green);
  assert.equal(picture.at(140, 60), [230, 159, 0, 255], 'orange: track 1');
  const bottom = Array.from({ length: 60 }, (_, i) => picture.at(52 + i, 140)[0]! > 200);
  assert.ok(bottom.some(Boolean) && !bottom.every(Boolean), 'dashes and gaps between them');
});

test('a clip without faces, and boxes that leave the frame, are drawn as well', async () => {
  const none = await drawOverlay(greyFrames(2), { tracks: [{ id: 0, boxes: [null, box(-30, -30, 500, 500)] }], principal: [null, null] }, [
    null,
    null,
  ]);
  assert.is((await pixels(none)).width, 2 * 240 + 4);
});

test('frames that do not fit their data are a fault', async () => {
  try {
    await drawOverlay({ ...greyFrames(2), times: [0] }, { tracks: [], principal: [] }, undefined);
    assert.unreachable();
  } catch (error) {
    assert.is((error as Fault).code, 'TENSOR_SHAPE');
    assert.is((error as Fault).message, '14400 bytes are no 1 frames of 60 x 40 RGB pixels');
  }
});

test('a contact sheet puts pictures of several sizes under one another', async () => {
  const one = await drawOverlay(greyFrames(1), { tracks: [], principal: [] }, undefined, { tileWidth: 60 });
  const two = await drawOverlay(greyFrames(2), { tracks: [], principal: [] }, undefined, { tileWidth: 60 });
  const sheet = await pixels(await contactSheet([one, two]));
  assert.equal([sheet.width, sheet.height], [124, 84]);
  assert.equal(sheet.at(64 + 30, 44 + 10), [40, 40, 40, 255]);
  assert.is(sheet.at(100, 10)[3], 0);
});

test.run();
