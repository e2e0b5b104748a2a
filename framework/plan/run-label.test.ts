import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runLabel } from './run-label.js';

test('one swept key gives its value, several give pairs, the seed never shows', () => {
  assert.is(runLabel({ tracker: 'none', seed: '1' }, 'facetrack'), 'none');
  assert.is(runLabel({ tracker: 'none', 'train.steps': '5' }, 'x'), 'tracker=none, train.steps=5');
  assert.is(runLabel({ seed: '1' }, 'facetrack'), 'facetrack');
});

test.run();
