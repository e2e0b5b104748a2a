import { readFileSync, readdirSync, truncateSync, writeFileSync, appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fault } from '../../faults/index.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { Journal, journalName } from './journal.js';
import { JournalReader, readJournal } from './journal-reader.js';

const broken = (error: Fault): boolean => error.code === 'RUNLOG_JOURNAL';

function written(folder: string, count: number): Buffer {
  const journal = new Journal(folder, () => 1000);
  for (let i = 0; i < count; i++) journal.append({ type: 'metrics', run: 'r', step: i, values: { 'é/loss': i, odd: 'NaN' } });
  journal.close();
  return readFileSync(join(folder, journalName));
}

test('what was appended is read back, and goes on in the next process', () => {
  const folder = temporaryFolder();
  written(folder, 3);
  written(folder, 2);
  const entries = [...readJournal(join(folder, journalName))];
  assert.equal(
    entries.map(({ seq }) => seq),
    [1, 2, 3, 4, 5],
  );
  assert.equal(entries[1], { seq: 2, time: 1000, type: 'metrics', run: 'r', step: 1, values: { 'é/loss': 1, odd: 'NaN' } });
});

test('torn at any byte: whole lines stay, the rest is cut off, numbers go on', () => {
  const folder = temporaryFolder();
  const file = join(folder, journalName);
  const bytes = written(folder, 3);
  for (let length = bytes.length; length >= 0; length -= 1) {
    writeFileSync(file, bytes);
    truncateSync(file, length);
    const whole = bytes.subarray(0, length).filter((byte) => byte === 10).length;
    assert.is([...readJournal(file)].length, whole);
    const journal = new Journal(folder);
    assert.is(journal.append({ type: 'close' }).seq, whole + 1);
    journal.close();
    const entries = [...readJournal(file)];
    assert.is(entries.length, whole + 1);
    assert.is(entries.at(-1)!.type, 'close');
  }
});

test('a broken line in the middle is told with its number', () => {
  const folder = temporaryFolder();
  const file = join(folder, journalName);
  const lines = written(folder, 3).toString().split('\n');
  for (const line of ['{"seq":2,"ti', '[]', 'null', '', '{"seq":1,"time":1,"type":"close"}', '{"seq":2,"time":1}']) {
    writeFileSync(file, [lines[0], line, lines[2], ''].join('\n'));
    try {
      void [...readJournal(file)];
      assert.unreachable(line);
    } catch (error) {
      assert.is((error as Fault).code, 'RUNLOG_JOURNAL');
      assert.is((error as Fault).details.where?.line, 2);
    }
  }
});

test('a reader follows a journal that grows, line by whole line', () => {
  const folder = temporaryFolder();
  const file = join(folder, journalName);
  written(folder, 1);
  const reader = new JournalReader(file);
  assert.is(reader.read().length, 1);
  assert.is(reader.read().length, 0);
  appendFileSync(file, '{"seq":2,"time":5,"type":"cl');
  assert.is(reader.read().length, 0);
  appendFileSync(file, 'ose"}\n{"seq":3');
  assert.equal(reader.read(), [{ seq: 2, time: 5, type: 'close' }]);
  reader.close();
});

test('a journal of many chunks is read whole', () => {
  const folder = temporaryFolder();
  const journal = new Journal(folder);
  const text = 'ü'.repeat(3000);
  for (let i = 0; i < 600; i++) journal.append({ type: 'note', run: 'r', text });
  journal.close();
  let count = 0;
  for (const entry of readJournal(join(folder, journalName))) {
    assert.is(entry.type === 'note' && entry.text, text);
    assert.is(entry.seq, ++count);
  }
  assert.is(count, 600);
});

test('files are kept aside first, and replaced as a whole', () => {
  const folder = temporaryFolder();
  const journal = new Journal(folder);
  assert.is(journal.keep('run', 'a/b.txt', 'one'), 'artifacts/run/a/b.txt');
  journal.keep('run', 'a/b.txt', Buffer.from('two'));
  journal.keep('run', 'c.txt', { file: join(folder, 'artifacts/run/a/b.txt') });
  assert.is(readFileSync(join(folder, 'artifacts/run/c.txt'), 'utf8'), 'two');
  assert.equal(readdirSync(join(folder, 'artifacts')), ['run']);
  assert.throws(() => journal.keep('run', 'a', 'a folder is there'), broken);
  journal.close();
});

test('a folder that cannot be written is a fault', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  assert.throws(() => new Journal(join(folder, 'file')), broken);
  assert.throws(() => new JournalReader(join(folder, 'none')), broken);
});

test.run();
