import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FaultList } from '../faults/index.js';
import { faultOf } from '../faults/testing/fault-of.js';
import { parseCaptionFile } from '../text/captions/caption-file.js';
import { clipClusters } from './clip-clusters.js';
import { matchItems } from './match-items.js';

const source = (captions: unknown, label = 'p.json') => ({ label, entries: parseCaptionFile(JSON.stringify(captions), label) });
const references = source({ b: 'two', a: ['one', 'eins'], c: 'three' }, 'r.json');

test('items are paired by id, in the references’ order', () => {
  const { clips, predictions, notes } = matchItems(references, [source({ a: 'A', b: 'B', c: 'C' })], false);
  assert.equal(
    clips.map(({ id, references }) => [id, ...references]),
    [
      ['b', 'two'],
      ['a', 'one', 'eins'],
      ['c', 'three'],
    ],
  );
  assert.equal([predictions, notes], [[['B', 'A', 'C']], []]);
});

test('ids of one side only are a fault, both sides’ told together, and a near one is named', () => {
  try {
    matchItems(references, [source({ a: 'A', bb: 'B' })], false);
    assert.unreachable();
  } catch (error) {
    assert.ok(error instanceof FaultList);
    assert.equal(
      error.faults.map(({ message }) => message),
      ['2 items are in r.json and not in p.json: b, c', '1 item is in p.json and not in r.json: bb'],
    );
    assert.is(error.faults[1]!.details.nearest, 'b');
  }
});

test('with --allow-missing they are left out of every system, each with a note', () => {
  const { clips, predictions, notes } = matchItems(
    references,
    [source({ a: 'A', c: 'C', x: 'X' }), source({ a: 'Q', b: 'R' }, 'q.json')],
    true,
  );
  assert.equal([clips.map(({ id }) => id), predictions], [['a'], [['A'], ['Q']]]);
  assert.equal(
    notes.map(({ id, what }) => `${id}: ${what}`),
    ['b: left out: no prediction in p.json', 'x: left out: p.json has it, the references do not', 'c: left out: no prediction in q.json'],
  );
  assert.match(faultOf(() => matchItems(references, [source({ x: 'X' })], true)).message, /no item has both/);
});

test('empty references are a fault or left out; empty and odd predictions are scored, and said', () => {
  const empty = source({ b: 'two', a: '', c: ' \n' }, 'r.json');
  const prediction = source({ a: 'A', b: '', c: 'C' });
  try {
    matchItems(empty, [prediction], false);
    assert.unreachable();
  } catch (error) {
    assert.ok(error instanceof FaultList && error.faults.length === 2);
  }
  const { clips, notes } = matchItems(empty, [prediction], true);
  assert.equal(
    clips.map(({ id }) => id),
    ['b'],
  );
  assert.equal(
    notes.map(({ id }) => id),
    ['a', 'c', 'b'],
  );
  const odd = matchItems(references, [source({ a: 'x\0y', b: 'x\u2028y', c: 'fine' })], false);
  assert.match(odd.notes[0]!.what, /separators/);
  assert.match(odd.notes[1]!.what, /NUL/);
  assert.is(odd.notes.length, 2);
});

test('two predictions of one item are a fault', () => {
  assert.match(faultOf(() => matchItems(references, [source({ a: ['A', 'AA'], b: 'B', c: 'C' })], false)).message, /"a" has 2 predictions/);
});

test('clusters come from the field asked for, or from person or video where clips share one', () => {
  const fields = [{ video: 'v', person: 1 }, { video: 'w', person: 1 }, { video: 'w' }, {}];
  assert.equal(clipClusters(fields), { field: 'person', of: [0, 0, 1, 2], count: 3 });
  assert.equal(clipClusters(fields, 'video'), { field: 'video', of: [0, 1, 1, 2], count: 3 });
  assert.is(clipClusters(fields, 'none'), null);
  assert.is(clipClusters([{ video: 'v' }, { video: 'w' }]), null);
  assert.is(faultOf(() => clipClusters(fields, 'actor')).code, 'USAGE');
});

test.run();
