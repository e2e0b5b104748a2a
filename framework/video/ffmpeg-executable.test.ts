import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../faults/index.js';
import { cachedFfmpegPath, ffmpegExecutable } from './ffmpeg-executable.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-ffmpeg-'));
const saved = { ...process.env };

function program(path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, 0o755);
  return path;
}

test.before.each(() => {
  process.env['MIENLAB_CACHE'] = join(folder, 'cache');
  process.env['PATH'] = join(folder, 'empty');
  delete process.env['MIENLAB_FFMPEG'];
});
test.after(() => {
  process.env = saved;
  rmSync(folder, { recursive: true });
});

test('nothing anywhere is a fault that says what to install', () => {
  assert.throws(
    () => ffmpegExecutable(),
    (error: Fault) => error.code === 'FFMPEG_MISSING' && /apt install ffmpeg/.test(error.details.hint ?? ''),
  );
});

test('the order is MIENLAB_FFMPEG, PATH, cache', () => {
  const cached = program(cachedFfmpegPath());
  assert.is(ffmpegExecutable(), cached);
  const onPath = program(join(folder, 'bin', 'ffmpeg'));
  process.env['PATH'] = [join(folder, 'empty'), join(folder, 'bin')].join(':');
  assert.is(ffmpegExecutable(), onPath);
  const named = program(join(folder, 'own', 'my-ffmpeg'));
  process.env['MIENLAB_FFMPEG'] = named;
  assert.is(ffmpegExecutable(), named);
});

test('a file without the right to run it, or a folder, is not taken', () => {
  const plain = join(folder, 'plain', 'ffmpeg');
  mkdirSync(dirname(plain));
  writeFileSync(plain, '');
  mkdirSync(join(folder, 'dir', 'ffmpeg'), { recursive: true });
  const good = program(join(folder, 'good', 'ffmpeg'));
  process.env['PATH'] = [dirname(plain), join(folder, 'dir'), dirname(good)].join(':');
  assert.is(ffmpegExecutable(), good);
});

test('MIENLAB_FFMPEG that cannot be run is a fault, not passed over', () => {
  program(join(folder, 'bin', 'ffmpeg'));
  process.env['PATH'] = join(folder, 'bin');
  process.env['MIENLAB_FFMPEG'] = join(folder, 'nowhere');
  assert.throws(
    () => ffmpegExecutable(),
    (error: Fault) => error.code === 'FFMPEG_MISSING' && error.message.includes('nowhere'),
  );
});

test.run();
