import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../plugin/index.js';
import { RecordStore } from './record-store.js';

const fresh = () => join(mkdtempSync(join(tmpdir(), 'mienlab-records-')), 'records.jsonl');

test('records of any size come back, over the portions in which a file is read', () => {
  const random = seededRandom(4);
  const file = fresh();
  const store = new RecordStore<string>(file);
  const values = Array.from({ length: 60 }, (_, i) => 'ä€😀x'[i % 4]!.repeat(random.integer(i % 20 === 7 ? 2_500_000 : 9_000)));
  values.forEach((value, i) => store.set(`id "${i}"`, value));
  const again = new RecordStore<string>(file);
  values.forEach((value, i) => {
    assert.ok(store.get(`id "${i}"`) === value);
    assert.ok(again.get(`id "${i}"`) === value);
  });
  assert.is(again.get('id'), undefined);
});

test('two stores of one file append in turn and find their own', () => {
  const file = fresh();
  const one = new RecordStore<number>(file);
  const other = new RecordStore<number>(file);
  for (let i = 0; i < 5; i++) {
    one.set(`one ${i}`, i);
    other.set(`other ${i}`, 10 * i);
  }
  for (let i = 0; i < 5; i++) assert.equal([one.get(`one ${i}`), other.get(`other ${i}`)], [i, 10 * i]);
  one.set('one 0', 7);
  assert.is(one.get('one 0'), 7);
  assert.is(new RecordStore<number>(file).get('one 0'), 7, 'the last one counts');
});

test('a place that turns out to be another’s is looked for again', () => {
  const file = fresh();
  const store = new RecordStore<number>(file);
  store.set('a', 1);
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, `{"id":"from another process","value":2}\n${text}`);
  assert.is(store.get('a'), 1);
  assert.is(store.get('from another process'), 2);
});

test('a cut line in the middle and one at the end are passed over', () => {
  const file = fresh();
  writeFileSync(file, '{"id":"a","value":1}\n{"id":"b","va\n{"id":"c","value":3}\n{"id":"d"');
  const store = new RecordStore<number>(file);
  assert.equal(
    ['a', 'b', 'c', 'd'].map((id) => store.get(id)),
    [1, undefined, 3, undefined],
  );
  store.set('e', 5);
  appendFileSync(file, '{"id":"f","value":6}');
  const again = new RecordStore<number>(file);
  assert.equal(
    ['c', 'e', 'f'].map((id) => again.get(id)),
    [3, 5, 6],
  );
});

test.run();
