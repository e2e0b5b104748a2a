import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { displayWidth } from '../progress/display-width.js';
import { type TextColumn, textColumns, wrapText } from './text-columns.js';

const column = (head: string, cells: string[], align: 'left' | 'right' = 'left'): TextColumn => ({
  head,
  align,
  cells: cells.map((text) => ({ text })),
});

test('columns are aligned by what a terminal shows of them', () => {
  const lines = textColumns(column('tracker', ['顔追跡', 'e\u0301', '👩‍👩‍👧']), [column('n', ['1', '22', '3'], 'right')], 80);
  assert.equal(lines, ['tracker   n', '顔追跡    1', 'e\u0301        22', '👩‍👩‍👧        3']);
  assert.equal(lines.map(displayWidth), [11, 11, 11, 11]);
});

test('what does not fit goes under it, the names repeated', () => {
  const lines = textColumns(column('x', ['a']), [column('first', ['1']), column('second', ['2']), column('third', ['3'])], 16);
  assert.equal(lines, ['x  first  second', 'a  1      2', '', 'x  third', 'a  3']);
});

test('a column wider than the terminal stands alone', () => {
  assert.equal(textColumns(column('x', ['a']), [column('long head', ['1']), column('y', ['2'])], 5), [
    'x  long head',
    'a  1',
    '',
    'x  y',
    'a  2',
  ]);
});

test('control characters cannot reach the terminal', () => {
  assert.equal(textColumns(column('x', ['a\u001b[31mb\nc']), [column('y', ['1'])], 40), ['x          y', 'a [31mb c  1']);
});

test('words wrap with an indent', () => {
  assert.equal(wrapText('one two  three four', 9), ['one two', '  three', '  four']);
  assert.equal(wrapText('', 9), []);
});

test.run();
