import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault, FaultList } from '../faults/index.js';
import { seededRandom } from '../plugin/index.js';
import { readMot, readMotFile, writeMot, type MotRow } from './mot-text.js';

/** [line, message] of every fault. */
function faults(text: string, frames?: number): [number | undefined, string][] {
  try {
    readMot(text, { source: 'a.txt', ...(frames && { frames }) });
  } catch (error) {
    const list = error instanceof FaultList ? error.faults : [error as Fault];
    return list.map(({ code, details, message }) => {
      assert.is(code, 'TRACKS_INVALID');
      assert.is(details.where!.source, 'a.txt');
      return [details.where!.line, message];
    });
  }
  return [];
}

test('gaps, blank lines, any order, missing and further values', () => {
  const rows = readMot('9,1,0,0,5,5\n\n2,1,1.5,-3,5,0,0.5,-1,-1,-1\n  2 , 2 ,1,1,5,5,1\n', { source: 'a.txt', frames: 9 });
  assert.equal(
    rows.map(({ frame, id, score }) => [frame, id, score]),
    [
      [9, 1, 1],
      [2, 1, 0.5],
      [2, 2, 1],
    ],
  );
  assert.equal(readMot('', { source: 'a.txt' }), []);
});

test('detections have no ids: -1 may stand in a frame more than once, other ids may not', () => {
  assert.is(readMot('1,-1,0,0,5,5\n1,-1,9,0,5,5\n', { source: 'a.txt', detections: true }).length, 2);
  assert.throws(() => readMot('1,-1,0,0,5,5\n1,-1,9,0,5,5\n', { source: 'a.txt' }));
  assert.throws(() => readMot('1,3,0,0,5,5\n1,3,9,0,5,5\n', { source: 'a.txt', detections: true }));
});

test('every fault with its line', () => {
  const text = ['1,1,0,0,5,5', '1,1,9,9,5,5', '2,1,0,0,-5,5', '0,1,0,0,5,5', '3,1,0,0', '3,x,0,0,5,5', '3,1,0,,5,5', '12,1,0,0,5,5', '3,1.5,0,0,5,5', '2.5,1,0,0,5,5', '4,1,NaN,0,5,5', '4,1,Infinity,0,5,5']; // prettier-ignore
  assert.equal(faults(text.join('\n'), 10), [
    [2, 'id 1 is in frame 1 already (line 1)'],
    [3, 'a box of -5 x 5 pixels'],
    [4, 'there is no frame 0'],
    [5, 'it has 4 values'],
    [6, '"x" is no id'],
    [7, '"" is no y'],
    [8, 'frame 12 is out of range'],
    [9, '1.5 is no id'],
    [10, 'there is no frame 2.5'],
    [11, '"NaN" is no x'],
    [12, '"Infinity" is no x'],
  ]);
  assert.is(faults('a\n'.repeat(50)).length, 21, '20 and how many more');
  assert.is(faults('a\n'.repeat(50))[20]![1], 'and 30 faults more');
});

test('what is written is read as it was', () => {
  const random = seededRandom(1);
  const thousandth = (from = 0) => (Math.round(random.next() * 1e6) + from) / 1e3;
  const rows: MotRow[] = Array.from({ length: 200 }, (_, i) => ({
    frame: 1 + (i >> 2),
    id: i % 4,
    box: { x: thousandth(-500_000), y: thousandth(), width: thousandth(), height: thousandth() },
    score: Math.round(random.next() * 1000) / 1000,
  }));
  assert.equal(readMot(writeMot([...rows].reverse()), { source: 'a.txt' }), rows);
});

test('no text breaks it: rows or faults', () => {
  const random = seededRandom(2);
  const letters = '0123456789,.-\n\r e"x\t,,,\n';
  for (let round = 0; round < 2000; round++) {
    const text = Array.from({ length: random.integer(60) }, () => letters[random.integer(letters.length)]).join('');
    try {
      for (const { frame, id, box } of readMot(text, { source: 'a.txt' })) {
        assert.ok(Number.isInteger(frame) && Number.isInteger(id) && frame > 0);
        assert.ok(Object.values(box).every(Number.isFinite) && box.width >= 0 && box.height >= 0);
      }
    } catch (error) {
      assert.ok(error instanceof Fault || error instanceof FaultList, String(error));
    }
  }
});

test('files that cannot be read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mienlab-mot-'));
  try {
    const binary = join(folder, 'binary.txt');
    writeFileSync(binary, Buffer.from([0xff, 0xfe, 0x80]));
    for (const path of [binary, join(folder, 'absent.txt'), folder])
      assert.throws(
        () => readMotFile(path),
        (error: Fault) => error.code === 'TRACKS_INVALID' && error.details.where?.source === path,
      );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
