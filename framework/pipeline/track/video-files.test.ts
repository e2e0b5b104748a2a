import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fault } from '../../faults/index.js';
import { videoFiles } from './video-files.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-videos-'));
test.after(() => rmSync(folder, { recursive: true }));
for (const path of ['a/x.mp4', 'a/y.MOV', 'a/notes.txt', 'b/x.mp4', 'b/deep/z.mkv', 'c/x.mp4', 'c/x.webm']) {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), '');
}
mkdirSync(join(folder, 'empty'));
const names = (...paths: string[]) => videoFiles(paths.map((path) => join(folder, path))).map(({ name }) => name);

test('names are as short as they can be and differ', () => {
  assert.equal(names('a'), ['x', 'y']);
  assert.equal(names('b'), ['z', 'x']);
  assert.equal(names('c'), ['x.mp4', 'x.webm']);
  assert.equal(names('a/x.mp4', 'b/x.mp4'), ['a/x.mp4', 'b/x.mp4']);
  assert.equal(names('a/x.mp4', 'a'), ['x', 'y']);
});

test('nothing there', () => {
  for (const [path, code] of [
    ['absent.mp4', 'VIDEO_UNREADABLE'],
    ['empty', 'USAGE'],
  ]) {
    assert.throws(
      () => names(path!),
      (error: Fault) => error.code === code,
    );
  }
});

test.run();
