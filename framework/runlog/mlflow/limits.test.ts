import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../../plugin/seeded-random.js';
import { splitBatch } from './batches.js';
import { datasetDigest, metricValue, paramValue, sanitizeKey, tagValue } from './limits.js';

test('keys that MLflow refuses become the nearest it takes', () => {
  assert.is(sanitizeKey('train/loss'), 'train/loss');
  assert.is(sanitizeKey('recall@5'), 'recall_5');
  assert.is(sanitizeKey('a[0]=b%'), 'a_0__b_');
  assert.is(sanitizeKey('/abs//x/./y/'), 'abs/x/y');
  assert.is(sanitizeKey('../x'), '__/x');
  assert.is(sanitizeKey('c:d'), 'c_d');
  assert.is(sanitizeKey('élan 1'), 'élan 1');
  assert.is(sanitizeKey(''), '_');
  assert.is(sanitizeKey('k'.repeat(250)), 'k'.repeat(250));
  assert.is(sanitizeKey('k'.repeat(251)).length, 250);
  assert.is.not(sanitizeKey(`${'k'.repeat(251)}a`), sanitizeKey(`${'k'.repeat(251)}b`));
});

test('property: every string becomes a valid key, a valid key stays', () => {
  const random = seededRandom(1).next;
  const alphabet = ['a', 'é', '表', '9', '/', '//', '.', '..', ':', '@', ' ', '_', '-', '\n', '\0', '\ud800', '😀', 'x'.repeat(120)];
  for (let i = 0; i < 3000; i++) {
    const key = Array.from({ length: Math.floor(random() * 8) }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
    const clean = sanitizeKey(key);
    assert.match(clean, /^[\p{L}\p{N}_\-. /]{1,250}$/u);
    assert.ok(
      clean.split('/').every((part) => !['', '.', '..'].includes(part)),
      clean,
    );
    assert.is(sanitizeKey(clean), clean);
  }
});

test('values are cut where it can be seen, and stay storable', () => {
  assert.is(paramValue('x'.repeat(6000)), 'x'.repeat(6000));
  const cut = paramValue('x'.repeat(6001));
  assert.is(cut.length, 6000);
  assert.match(cut, /x \.\.\. \[cut, sha256 [0-9a-f]{8}\]$/);
  assert.is(tagValue('y'.repeat(9000)).length, 8000);
  assert.is(tagValue('a\0b\ud800c😀'), 'a\uFFFDb\uFFFDc😀');
  assert.is(paramValue('😀'.repeat(4000)).includes('\ud83d '), false);
  assert.is(datasetDigest('ab'.repeat(32)).length, 36);
});

test('numbers that JSON has not go by name', () => {
  assert.equal([NaN, Infinity, -Infinity, 1.5, -0].map(metricValue), ['NaN', 'Infinity', '-Infinity', 1.5, -0]);
});

test('a batch is cut at every limit and loses nothing', () => {
  const pieces = splitBatch({
    metrics: Array.from({ length: 2500 }, (_, step) => ({ key: 'loss', value: step, timestamp: 1, step })),
    params: Array.from({ length: 250 }, (_, i) => ({ key: `p${i}`, value: 'v'.repeat(7000) })),
    tags: Array.from({ length: 101 }, (_, i) => ({ key: `t${i}`, value: '1' })),
  });
  for (const piece of pieces) {
    assert.ok(piece.params.length <= 100 && piece.tags.length <= 100);
    assert.ok(piece.metrics.length + piece.params.length + piece.tags.length <= 1000);
    assert.ok(Buffer.byteLength(JSON.stringify(piece)) < 1e6);
  }
  assert.is(
    pieces.reduce((sum, piece) => sum + piece.metrics.length, 0),
    2500,
  );
  assert.is(
    pieces.reduce((sum, piece) => sum + piece.params.length, 0),
    250,
  );
  assert.is(
    pieces.reduce((sum, piece) => sum + piece.tags.length, 0),
    101,
  );
});

test('a step that is no integer is refused, a key given twice counts once', () => {
  assert.throws(
    () => splitBatch({ metrics: [{ key: 'a', value: 1, timestamp: 1, step: 1.5 }] }),
    (error: Error & { code?: string }) => error.code === 'RUNLOG_REFUSED' && /step 1.5/.test(error.message),
  );
  assert.equal(splitBatch({ params: [{ key: 'a', value: '1' }, { key: 'a', value: '2' }] }), [{ metrics: [], params: [{ key: 'a', value: '2' }], tags: [] }]); // prettier-ignore
});

test.run();
