import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { freshFolder, mienlab } from './mienlab.js';

const folder = freshFolder();
const file = (name: string, text: string) => (writeFileSync(join(folder, name), text), name);
const evaluate = (...args: string[]) => mienlab(['eval-tracks', ...args], folder);

file('gt.txt', '1,1,0,0,10,10\n2,1,0,0,10,10\n3,1,0,0,10,10\n4,1,0,0,10,10\n');
file('hyp.txt', '1,5,0,0,10,10\n2,5,0,0,10,10\n3,6,0,0,10,10\n4,6,0,0,10,10\n2,7,90,90,5,5\n');

test('a table, and all values as JSON', async () => {
  const shown = await evaluate('--gt', 'gt.txt', '--hyp', 'hyp.txt');
  assert.is(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /MOTA +MOTP +IDSW/);
  assert.match(shown.stdout, /0\.5000 +1\.0000 +1 +0 +1 +0 +0 +4 +0 +1/);
  assert.match(shown.stdout, /^4 frames;/m);
  const json = JSON.parse((await evaluate('--gt=gt.txt', '--hyp=hyp.txt', '--json')).stdout) as Record<string, number>;
  assert.equal([json['MOTA'], json['IDSW'], json['IDF1'], json['frames']], [0.5, 1, 2 / 4.5, 4]);
  assert.is((json as unknown as { HOTA_per_alpha: { HOTA: number[] } }).HOTA_per_alpha.HOTA.length, 19);
});

test('tracks that go on after the truth are told of, or a fault where the length is known', async () => {
  const long = file('long.txt', '1,5,0,0,10,10\n9,5,0,0,10,10\n');
  const told = await evaluate('--gt', 'gt.txt', '--hyp', long);
  assert.is(told.code, 0);
  assert.match(told.stderr, /long\.txt goes on to frame 9, gt\.txt ends with 4/);
  const refused = await evaluate('--gt', 'gt.txt', '--hyp', long, '--frames', '4');
  assert.is(refused.code, 1);
  assert.match(refused.stderr, /long\.txt:2 .*TRACKS_INVALID/);
  assert.match(refused.stderr, /frame 9 is out of range/);
});

test('bad files and a bad command line', async () => {
  const bad = await evaluate('--gt', 'gt.txt', '--hyp', file('bad.txt', '1,5,0,0,-10,10\n1,5,0,0\n'));
  assert.is(bad.code, 1);
  assert.match(bad.stderr, /bad\.txt:1[^]*-10 x 10[^]*bad\.txt:2/);
  assert.is((await evaluate('--gt', 'gt.txt', '--hyp', 'absent.txt')).code, 1);
  assert.is((await evaluate('--gt', 'gt.txt')).code, 2);
  for (const wrong of [['--iou', '0'], ['--iou', 'x'], ['--frames', '1.5'], ['--fps', '3'], ['more']]) {
    assert.is((await evaluate('--gt', 'gt.txt', '--hyp', 'hyp.txt', ...wrong)).code, 2, wrong.join(' '));
  }
});

test.after(() => rmSync(folder, { recursive: true }));
test.run();
