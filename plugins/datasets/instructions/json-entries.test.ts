import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from 'mienlab/plugin';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { jsonEntries, placeIn } from './json-entries.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-entries-'));
test.after(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'data');

/** `line:column value`, or `line:column problem: message`. */
function read(content: string | Buffer): string[] {
  writeFileSync(file, content);
  return [...jsonEntries(file, 'data')].map((entry) => {
    const place = `${entry.where.line}:${entry.where.column ?? '-'}`;
    return 'problem' in entry ? `${place} ${entry.problem}: ${entry.message}` : `${place} ${JSON.stringify(entry.value)}`;
  });
}

test('lists and lines, with their places', () => {
  assert.equal(read('[{"a": 1}, {"b":\n2},\n  {}\n]\n'), ['1:2 {"a":1}', '1:12 {"b":2}', '3:3 {}']);
  assert.equal(read('{"a":1}\n\r\n{"b":2}\r\n{}'), ['1:1 {"a":1}', '3:1 {"b":2}', '4:1 {}']);
  assert.equal(read('\ufeff[ "x", 3 ,null]'), ['1:3 "x"', '1:8 3', '1:11 null']);
  // Columns are in UTF-16 units, as editors count them.
  assert.equal(read('["ü😀", {}]'), ['1:2 "ü😀"', '1:9 {}']);
  assert.equal(read('[]'), []);
  assert.equal(read(' \n'), ['1:- no entry: the file is empty']);
});

test('a broken line is told with its place, and the others are read', () => {
  assert.equal(read('{"a":1}\n{"a" 2}\n{"a":3}\n{"a":'), [
    '1:1 {"a":1}',
    '2:6 broken JSON: the JSON is broken at "2}"',
    '3:1 {"a":3}',
    '4:6 broken JSON: the JSON ends too early',
  ]);
  const bytes = Buffer.concat([Buffer.from('{"a":1}\n{"a":"x'), Buffer.of(0xe4), Buffer.from('"}\n{}')]);
  assert.equal(read(bytes), ['1:1 {"a":1}', '2:8 not UTF-8: these bytes are no UTF-8', '3:1 {}']);
});

test('a broken list ends where it is broken', () => {
  assert.equal(read('[{"a":1},\n{"a" 2},{}]'), [
    '1:2 {"a":1}',
    '2:6 broken JSON: the JSON is broken at "2}"',
    '2:1 broken JSON: the rest of the list is not looked at',
  ]);
  assert.equal(read('[{},{}'), ['1:2 {}', '1:5 {}', '1:7 broken JSON: the file ends within the list']);
  assert.equal(read('[{},]'), ['1:2 {}', '1:5 broken JSON: a comma before the end of the list']);
  assert.equal(read('[,{}]'), ['1:2 broken JSON: a comma without an entry before it']);
  assert.equal(read('[{} {}]'), ['1:2 {}', '1:5 broken JSON: no comma between two entries']);
  assert.equal(read('[{}]x'), ['1:2 {}', '1:5 broken JSON: there is more after the end of the list']);
  assert.equal(read('[{"a": "b'), ['1:2 broken JSON: the file ends within this entry']);
});

test('whatever the values and the blanks, a list and lines give them back, also beyond a chunk', () => {
  const random = seededRandom(8);
  const texts = ['', 'a "quoted" \\ text', '{[,]}', 'ü😀\n\t', 'x'.repeat(3000)];
  const entries = Array.from({ length: 1500 }, (_, i) => ({
    i,
    [texts[random.integer(4)]!]: [texts[random.integer(5)], { deep: texts[random.integer(5)] }],
  }));
  const blank = () => ['', ' ', '\n', '\r\n  '][random.integer(4)]!;
  const list = `${blank()}[${entries.map((entry) => `${blank()}${JSON.stringify(entry, null, random.integer(2))}${blank()}`).join(',')}]${blank()}`;
  const lines = entries.map((entry) => JSON.stringify(entry)).join('\n');
  assert.ok(lines.length > 1.5 * 2 ** 20);
  for (const text of [list, lines]) {
    writeFileSync(file, text);
    const found = [...jsonEntries(file, 'data')];
    assert.equal(
      found.map((entry) => ('problem' in entry ? entry : entry.value)),
      entries,
    );
    // The place of an entry is where it stands in the whole.
    let at = 0;
    for (const entry of found) {
      if ('problem' in entry) throw new Error(entry.message);
      at = text.indexOf(entry.text, at);
      assert.equal(entry.where, placeIn({ source: 'data' }, text, at));
      at += entry.text.length;
    }
  }
});

test('noise is never a crash, and ends', () => {
  const random = seededRandom(9);
  const pieces = ['[', ']', '{', '}', '"', ',', ':', '\\', '\n', ' ', '1', 'a', '\u00ff', '{"a":1}', '\ufffd'];
  for (let n = 0; n < 500; n++) {
    const text = Array.from({ length: random.integer(30) }, () => pieces[random.integer(pieces.length)]).join('');
    assert.ok(read(Buffer.from(text, n % 2 ? 'utf8' : 'latin1')).length <= text.length + 1);
  }
});

test.run();
