import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { linePlot, smoothed } from './line-plot.js';

test('smoothing keeps a straight line where the window is whole and does not lag', () => {
  const line = Array.from({ length: 101 }, (_, i): [number, number] => [i, 2 * i]);
  const smooth = smoothed(line);
  assert.equal(smooth[50], [50, 100]);
  assert.equal(smooth[0], [0, 5], 'mean of 0, 2, 4, 6, 8, 10');
  assert.equal(smooth[100], [100, 195]);
  assert.equal(smoothed([[7, 3]]), [[7, 3]]);
});

test('a long curve is thinned and keeps its spike', () => {
  const points = Array.from({ length: 20_000 }, (_, i): [number, number] => [i, i === 12_345 ? 9 : 1]);
  const page = linePlot('loss', [{ colour: 'var(--s1)', dash: '', points }], 480, 230).text;
  const raw = /class="raw" d="([^"]*)"/.exec(page)![1]!;
  const heights = raw
    .split(/[ML]/)
    .slice(1)
    .map((point) => Number(point.split(' ')[1]));
  assert.ok(heights.length <= 300);
  assert.is(heights.filter((height) => height < 30).length, 1);
});

test('no points and points that are not finite make an empty plot', () => {
  const page = linePlot('loss', [{ colour: 'red', dash: '', points: [[0, NaN]] }], 480, 230).text;
  assert.match(page, /class="curve" d=""/);
  assert.not.match(page, /NaN|Infinity/);
});

test.run();
