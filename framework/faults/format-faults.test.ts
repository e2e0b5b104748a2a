import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault, FaultList } from './fault.js';
import { formatError, formatFault } from './format-faults.js';
import { nearest } from './nearest.js';

test('a fault says place, code, excerpt with its mark, what is wrong, what is known', () => {
  const fault = new Fault('PLUGIN_UNKNOWN', 'no tracker is called "facetrak"', {
    where: { source: 'e.yaml', line: 3, column: 7 },
    excerpt: { text: 'tracker=facetrak', start: 8, length: 8 },
    nearest: 'facetrack',
    known: ['facetrack', 'none'],
    hint: 'mienlab plugins lists them',
  });
  assert.is(
    formatFault(fault),
    [
      'e.yaml:3:7  PLUGIN_UNKNOWN',
      '  tracker=facetrak',
      '          ^^^^^^^^',
      '  no tracker is called "facetrak"; the nearest is "facetrack"',
      '  known: facetrack, none',
      '  mienlab plugins lists them',
    ].join('\n'),
  );
  assert.is(fault.exitCode, 2);
});

test('clip and frame are a place too, and lists show every fault', () => {
  const fault = new Fault('VIDEO_UNREADABLE', 'cut off', { clip: 'a', frame: 3 });
  assert.is(formatFault(fault), 'clip a, frame 3  VIDEO_UNREADABLE\n  cut off');
  const list = new FaultList([fault, new Fault('USAGE', 'no')]);
  assert.is(formatError(list), 'clip a, frame 3  VIDEO_UNREADABLE\n  cut off\n\nUSAGE\n  no');
  assert.is(list.exitCode, 1);
});

test('nearest finds slips and nothing far', () => {
  const known = ['facetrack', 'largest-face', 'none'];
  assert.is(nearest('facetrak', known), 'facetrack');
  assert.is(nearest('Largest-Face', known), 'largest-face');
  assert.is(nearest('noen', known), 'none');
  assert.is(nearest('sort', known), undefined);
  assert.is(nearest('', known), undefined);
});

test.run();
