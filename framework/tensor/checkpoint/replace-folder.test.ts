import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fault } from '../../faults/index.js';
import { replaceFolder } from './replace-folder.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-replace-'));
test.after(() => rmSync(folder, { recursive: true }));
const target = join(folder, 'deep', 'target');
const write = (content: string) => (aside: string) => writeFileSync(join(aside, 'a'), content);

test('a folder is made, and replaced by one that has all of its names', () => {
  replaceFolder(target, write('1'));
  replaceFolder(target, (aside) => {
    assert.is(readFileSync(join(target, 'a'), 'utf8'), '1');
    write('2')(aside);
    writeFileSync(join(aside, 'b'), '');
  });
  assert.is(readFileSync(join(target, 'a'), 'utf8'), '2');
  assert.equal(readdirSync(join(folder, 'deep')), ['target']);
});

test('one that would lose something, and one whose successor fails, stay', () => {
  try {
    replaceFolder(target, write('3'));
    assert.unreachable();
  } catch (error) {
    assert.is((error as Fault).code, 'USAGE');
    assert.match((error as Fault).message, 'it holds b');
  }
  const fails = () => {
    throw new Error('no');
  };
  assert.throws(() => replaceFolder(target, fails), 'no');
  assert.is(readFileSync(join(target, 'a'), 'utf8'), '2');
  assert.equal(readdirSync(join(folder, 'deep')), ['target']);
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  replaceFolder(empty, write('4'));
  assert.equal(readdirSync(empty), ['a']);
});

test.run();
