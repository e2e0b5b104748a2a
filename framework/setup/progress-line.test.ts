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
  const line = new ProgressLine(terminal);
  line.update('x'.repeat(100));
  line.update('too soon');
  line.clear();
  assert.is(terminal.text, `\r\x1b[2K  ${'x'.repeat(57)}\r\x1b[2K`);
});

test('elsewhere nothing is printed in the first seconds', () => {
  const file = stream(false);
  const line = new ProgressLine(file);
  line.bytes('downloading', 1, 2, performance.now());
  line.clear();
  assert.is(file.text, '');
});

test.run();
