import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatBytes, formatSeconds, ProgressLine } from './progress-line.js';

function stream(isTTY: boolean): NodeJS.WriteStream & { text: string } {
  const fake = { isTTY, columns: 60, text: '', write: (part: string) => Boolean((fake.text += part)) };
  return fake as unknown as NodeJS.WriteStream & { text: string };
}

test('sizes and times as people read them', () => {
  assert.is(formatBytes(999_400), '999 kB');
  assert.is(formatBytes(273_829_956), '274 MB');
  assert.is(formatBytes(1_943_000_000), '1.94 GB');
  assert.is(formatSeconds(1_234), '1.2 s');
  assert.is(formatSeconds(98_000), '1 min 38 s');
});

test('a terminal has one line, rewritten, cut to its width, and cleared at the end', () => {
  const terminal = stream(true);
  let now = 5;
  const line = new ProgressLine(terminal, () => now);
  line.update('x'.repeat(100));
  now += 99;
  line.update('too soon');
  now += 1;
  line.bytes('downloading', 1e6, 3e6, now - 2_000);
  line.clear();
  line.clear();
  const shown = ['x'.repeat(57), 'downloading: 1 MB of 3 MB, 500 kB/s, 4.0 s left'];
  assert.is(terminal.text, `${shown.map((text) => `\r\x1b[2K  ${text}`).join('')}\r\x1b[2K`);
});

test('elsewhere nothing is printed in the first seconds, then a line every five', () => {
  const file = stream(false);
  let now = 70;
  const line = new ProgressLine(file, () => now);
  for (; now < 13_000; now += 1_000) line.update(`at ${now}`);
  line.clear();
  assert.is(file.text, '  at 5070\n  at 10070\n');
});

test.run();
