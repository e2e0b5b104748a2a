import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createProgress } from './create-progress.js';

/** A stream that keeps what was written, a clock that is set by hand, and a tick that is called by hand. */
function setUp(isTTY: boolean, columns = 80) {
  const rig = {
    at: 0,
    writes: [] as string[],
    redraw: () => {},
    ticking: false,
    controller: new AbortController(),
    text: () => rig.writes.join(''),
  };
  const progress = createProgress({
    stream: { isTTY, columns, write: (text) => rig.writes.push(text) },
    now: () => rig.at,
    signal: rig.controller.signal,
    tick: (redraw) => {
      rig.redraw = redraw;
      rig.ticking = true;
      return () => void (rig.ticking = false);
    },
  });
  return { rig, progress };
}

test('a log file gets a line at the start, one every five seconds, and one at the end', () => {
  const { rig, progress } = setUp(false);
  const step = progress.start('detect', 720);
  for (let i = 1; i <= 720; i++) {
    rig.at = i * 25;
    step.done(i);
  }
  step.end();
  assert.is(
    rig.text(),
    [
      'detect 0/720',
      'detect 200/720  40/s  13 s left',
      'detect 400/720  40/s  8.0 s left',
      'detect 600/720  40/s  3.0 s left',
      'detect  720 in 18 s  40/s',
      '',
    ].join('\n'),
  );
});
test('a terminal has one live line, written whole, and a finished line at the end', () => {
  const { rig, progress } = setUp(true);
  const stages = progress.start('stages', 7);
  stages.done(1);
  const step = progress.start('detect', 720);
  rig.at = 9000;
  step.done(312, 'clip-0312');
  assert.is(rig.writes.at(-1), '\r2/7 detect [########............] 312/720  35/s  12 s left  clip-0312\u001b[K');
  rig.at = 9050;
  step.done(314);
  assert.is(rig.writes.length, 3, 'no redraw within a tenth of a second');
  rig.at = 21000;
  step.done(720);
  step.end();
  assert.is(rig.writes.at(-3), '\r\u001b[K');
  assert.is(rig.writes.at(-2), '2/7 detect  720 in 21 s  34/s\n');
  assert.is(rig.writes.at(-1), '\rstages [##..................] 1/7\u001b[K');
  stages.end();
  assert.not(rig.ticking);
  assert.not(rig.text().includes('\u001b[?25'), 'the cursor is never hidden');
});

test('what is left falls between calls', () => {
  const { rig, progress } = setUp(true);
  const step = progress.start('train', 10);
  rig.at = 10_000;
  step.done(1);
  rig.at = 14_000;
  rig.redraw();
  assert.match(rig.writes.at(-1)!, '1/10  10 s each  1 min 26 s left');
});

test('the rate follows a step that slows down', () => {
  const { rig, progress } = setUp(false);
  const step = progress.start('clips', 1000);
  for (let i = 1; i <= 500; i++) {
    rig.at = i * 10;
    step.done(i);
  }
  for (let i = 1; i <= 100; i++) {
    rig.at = 5000 + i * 1000;
    step.done(500 + i);
  }
  step.end();
  const last = rig.writes.filter((line) => line.includes('left')).at(-1)!;
  assert.match(last, /clips 600\/1000 {2}1\.0\/s {2}6 min 40 s left/);
});

test('a line never wraps, and hostile text cannot move the cursor', () => {
  const { rig, progress } = setUp(true, 40);
  const step = progress.start('下载\u001b[2J文件', 3);
  rig.at = 1000;
  step.done(1, 'x'.repeat(100));
  assert.is(rig.writes.at(-1), '\r下载 [2J文件 [######..............] 1/3\u001b[K');
});

test('Ctrl-C leaves the line and writes no more progress', () => {
  const { rig, progress } = setUp(true);
  const step = progress.start('train', 10);
  rig.controller.abort();
  assert.is(rig.writes.at(-1), '\n');
  const written = rig.writes.length;
  rig.at = 5000;
  step.done(5);
  step.end();
  assert.is(rig.writes.length, written);
  assert.not(rig.ticking);
  progress.print('interrupted');
  assert.is(rig.writes.at(-1), 'interrupted\n');
});

test('a printed line stands above the live one', () => {
  const { rig, progress } = setUp(true);
  progress.start('train', 10);
  progress.print('warning: a clip was skipped');
  assert.equal(rig.writes.slice(1), ['\r\u001b[K', 'warning: a clip was skipped\n', '\rtrain [....................] 0/10\u001b[K']);
});

test('a step without a total, one without units, one that ends early', () => {
  const { rig, progress } = setUp(false);
  const open = progress.start('read', 0);
  rig.at = 2000;
  open.done(50);
  open.end();
  const bare = progress.start('merge', 1);
  rig.at = 65_000;
  bare.end();
  bare.end();
  const cut = progress.start('clips', 8);
  rig.at = 66_000;
  cut.done(2);
  cut.end();
  assert.is(rig.text(), 'read 0\nread  50 in 2.0 s  25/s\nmerge 0/1\nmerge  1 min 3 s\nclips 0/8\nclips  2 of 8 in 1.0 s  2.0/s\n');
});

test.run();
