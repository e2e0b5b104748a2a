import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault, FaultList } from '../../faults/index.js';
import { faultOf } from '../../faults/testing/fault-of.js';
import { seededRandom } from '../../plugin/seeded-random.js';
import { parseCaptionFile, readCaptionFile } from './caption-file.js';
import { referencesPath } from './named-references.js';
import { scanJson } from '../json/scan-json.js';
import { JsonTrouble } from '../json/walk-json.js';

const folder = mkdtempSync(join(tmpdir(), 'captions-'));
test.after(() => rmSync(folder, { recursive: true }));

const plain = (text: string, source = 'p.json') => parseCaptionFile(text, source).map(({ id, captions }) => [id, ...captions]);
const place = (fault: Fault) => [fault.details.where?.line, fault.details.where?.column];

/** Reads these bytes as a file. */
function fileOf(bytes: Uint8Array | string): string {
  const path = join(folder, 'p.json');
  writeFileSync(path, bytes);
  return path;
}

test('an object, a list and lines are read alike, one caption or several', () => {
  const expected = [
    ['7', 'a man'],
    ['x', 'one', 'two'],
  ];
  assert.equal(plain('{"7": "a man", "x": ["one", "two"]}'), expected);
  assert.equal(plain('[{"id": 7, "caption": "a man"}, {"id": "x", "captions": ["one", "two"], "video": "v.mp4"}]'), expected);
  assert.equal(plain('{"id": 7, "caption": "a man"}\r\n\n{"id": "x", "caption": ["one", "two"]}\n', 'p.jsonl'), expected);
  const [, second] = parseCaptionFile('[{"id": 7, "caption": "a"},\n {"id": "x", "caption": "b", "video": "v.mp4"}]', 'p.json');
  assert.equal(second!.fields, { video: 'v.mp4' });
  assert.equal(second!.where, { source: 'p.json', line: 2, column: 2 });
  assert.equal(plain('{"__proto__": "a", "constructor": "b"}'), [
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ]);
});

test('broken JSON is told with line and column', () => {
  for (const [text, line, column] of [
    ['{"a": "x",\n "b": }', 2, 7],
    ['{"a": "x",\n "b": "y"', 2, 10],
    ['{"a": "x"\n "b": "y"}', 2, 2],
    ['{"a": "x",}', 1, 11],
    ["{'a': 'x'}", 1, 2],
    ['{"a": "x\ny"}', 1, 9],
    ['{"a": "\\q"}', 1, 9],
    ['{"a": "\\u12"}', 1, 9],
    ['', 1, 1],
    ['{"a": "x"} trailing', 1, 12],
    ['{"a": NaN}', 1, 7],
    ['{"a": 01}', 1, 8],
  ] as const) {
    const fault = faultOf(() => parseCaptionFile(text, 'p.json'));
    assert.is(fault.code, 'CAPTIONS_INVALID', text);
    assert.equal(place(fault), [line, column], `${JSON.stringify(text)}: ${fault.message}`);
  }
  assert.equal(place(faultOf(() => parseCaptionFile('{"id": 1, "caption": "a"}\n{"id": 2, "caption" "b"}\n', 'p.jsonl'))), [2, 21]);
  assert.match(faultOf(() => parseCaptionFile('{"id": 1, "caption": "a"}\n{"id": 2, "caption": "b"}', 'p.json')).details.hint!, /jsonl/);
  assert.match(faultOf(() => parseCaptionFile('['.repeat(100_000), 'p.json')).message, /nested deeper/);
});

test('a key that JSON.parse would silently drop is a duplicate', () => {
  const fault = faultOf(() => parseCaptionFile('{"a": "x",\n "b": "y",\n "a": "z"}', 'p.json'));
  assert.match(fault.message, /"a" stands twice, first in line 1/);
  assert.equal(place(fault), [3, 2]);
  assert.match(faultOf(() => parseCaptionFile('[{"id": 1, "caption": "a"}, {"id": "1", "caption": "b"}]', 'p.json')).message, /twice/);
});

test('all items that are no captions are told together', () => {
  try {
    parseCaptionFile(
      '[{"id": 1}, {"caption": "a"}, {"id": 2, "caption": 3}, {"id": "", "caption": ""}, {"id": 3, "caption": []}]',
      'p.json',
    );
    assert.unreachable();
  } catch (error) {
    assert.ok(error instanceof FaultList);
    assert.is(error.faults.length, 5);
    assert.equal(
      error.faults.map(({ details }) => details.where?.column),
      [2, 13, 31, 56, 83],
    );
  }
  assert.match(faultOf(() => parseCaptionFile('[{"id": 1, "captoin": "a"}]', 'p.json')).message, 'has no "caption", but "captoin"');
  assert.match(faultOf(() => parseCaptionFile('[3]', 'p.json')).message, /a number/);
  assert.match(faultOf(() => parseCaptionFile('"text"', 'p.json')).message, /neither/);
  for (const empty of ['{}', '[]', ' { } ']) assert.match(faultOf(() => parseCaptionFile(empty, 'p.json')).message, /no captions/);
});

test('other encodings and NUL bytes are told, a byte order mark is not', () => {
  const text = '{"1": "ein Lächeln"}';
  assert.equal(readCaptionFile(fileOf(`\ufeff${text}`))[0]!.captions, ['ein Lächeln']);
  assert.match(faultOf(() => readCaptionFile(fileOf(Buffer.from(text, 'utf16le')))).message, /from here|U\+0000/);
  assert.match(faultOf(() => readCaptionFile(fileOf(Buffer.from(`\ufeff${text}`, 'utf16le')))).message, /UTF-16/);
  const latin = faultOf(() => readCaptionFile(fileOf(Buffer.from(`{"0": "a",\n${text.slice(1)}`, 'latin1'))));
  assert.match(latin.message, /no UTF-8/);
  assert.equal(place(latin), [2, 12]);
  const nul = faultOf(() => readCaptionFile(fileOf('{"1": "a\0b"}')));
  assert.match(nul.message, /U\+0000/);
  assert.equal(place(nul), [1, 9]);
  assert.equal(readCaptionFile(fileOf('{"1": "a\\u0000b"}'))[0]!.captions, ['a\0b']);
  assert.match(faultOf(() => readCaptionFile(join(folder, 'absent.json'))).message, /no such file/);
  assert.match(faultOf(() => readCaptionFile(folder)).message, /cannot be read/);
});

test('fec-bench is where the environment says', () => {
  const before = process.env['MIENLAB_FEC_BENCH'];
  try {
    delete process.env['MIENLAB_FEC_BENCH'];
    assert.match(faultOf(() => referencesPath('fec-bench', (path) => path)).details.expected!, /github/);
    assert.is(
      referencesPath('mine.json', (path) => `/at/${path}`),
      '/at/mine.json',
    );
    process.env['MIENLAB_FEC_BENCH'] = 'test.json';
    assert.is(
      referencesPath('fec-bench', (path) => `/at/${path}`),
      '/at/test.json',
    );
  } finally {
    if (before === undefined) delete process.env['MIENLAB_FEC_BENCH'];
    else process.env['MIENLAB_FEC_BENCH'] = before;
  }
});

test('the scanner takes and refuses what JSON.parse takes and refuses', () => {
  const random = seededRandom(5);
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    '"a"',
    '"\\n"',
    '"\\x"',
    ':',
    ',',
    ' ',
    '\n',
    '1',
    '-0.5e+3',
    '01',
    'true',
    'nul',
    '"',
    '\t',
    '\u00a0',
  ];
  let taken = 0;
  const seeds = ['{"a": [1, {"b": "c"}], "d": null}', '[{"id": 1, "caption": "x"}]', '"a"', '3'];
  for (let i = 0; i < 20_000; i++) {
    let text = seeds[random.integer(seeds.length)]!;
    for (let edits = random.integer(3); edits >= 0; edits--) {
      const at = random.integer(text.length + 1);
      text = text.slice(0, at) + (random.next() < 0.6 ? pieces[random.integer(pieces.length)]! : '') + text.slice(at + random.integer(2));
    }
    let valid = true;
    try {
      JSON.parse(text);
    } catch {
      valid = false;
    }
    try {
      scanJson(text);
      assert.ok(valid, `taken: ${JSON.stringify(text)}`);
      taken++;
    } catch (error) {
      assert.ok(error instanceof JsonTrouble && !valid, `refused: ${JSON.stringify(text)}`);
    }
  }
  assert.ok(taken > 1000);
});

test.run();
