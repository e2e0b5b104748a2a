import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeHeatMap, type HeatMaps } from './decode-heat-map.js';

test('a cell of the second image: box, score and key points in pixels of the frame', () => {
  const [rows, columns, images] = [6, 8, 2];
  const area = rows * columns;
  const maps: HeatMaps = {
    heat: new Float32Array(images * area),
    sizes: new Float32Array(images * 2 * area),
    offsets: new Float32Array(images * 2 * area),
    points: new Float32Array(images * 10 * area),
    rows,
    columns,
  };
  const at = 3 * columns + 5;
  maps.heat[area + at] = 0.75;
  maps.heat[area + at + 1] = 0.25;
  maps.sizes[2 * area + at] = Math.log(3);
  maps.sizes[3 * area + at] = Math.log(2);
  maps.offsets[2 * area + at] = 0.25;
  maps.offsets[3 * area + at] = -0.5;
  maps.points[(10 + 2) * area + at] = 0.5;
  maps.points[(10 + 3) * area + at] = 0.25;
  assert.equal(decodeHeatMap(maps, 0, [1, 1], 0.5), []);
  const [face, ...rest] = decodeHeatMap(maps, 1, [2, 1], 0.5);
  assert.equal(rest, []);
  const close = (actual: readonly number[], expected: number[]) =>
    actual.forEach((value, i) => assert.ok(Math.abs(value - expected[i]!) < 1e-4, `${actual.join(' ')} is not ${expected.join(' ')}`));
  // Middle: row 3.75, column 5 of 4-pixel cells; 12 high, 8 wide before scaling.
  close(Object.values(face!.box), [40 - 8, 15 - 6, 16, 12]);
  assert.is(face!.score, 0.75);
  assert.is(face!.landmarks!.length, 5);
  close(face!.landmarks![1]!, [32 + 4, 9 + 6]);
  close(face!.landmarks![0]!, [32, 9]);
});

test('scores that are no numbers give no face', () => {
  const maps = {
    heat: new Float32Array(1).fill(NaN),
    sizes: new Float32Array(2),
    offsets: new Float32Array(2),
    points: new Float32Array(10),
  };
  assert.equal(decodeHeatMap({ ...maps, rows: 1, columns: 1 }, 0, [1, 1], 0), []);
});

test.run();
