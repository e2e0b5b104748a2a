import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { visualTokenCount, visualTokenText } from './visual-token-count.js';

const text = (dims: Record<string, number | null>) => visualTokenText(visualTokenCount({ type: 'embeddings', dims }));

test('global, face and total are told, and separators where there are any', () => {
  assert.is(text({ tokens: 16, 'face-tokens': 8, hidden: 64 }), '16 visual tokens: 8 global, 8 face');
  assert.is(text({ tokens: 18, 'face-tokens': 8, separators: 2, hidden: 64 }), '18 visual tokens: 8 global, 8 face, 2 separators');
  assert.is(text({ tokens: 9, hidden: 64 }), '9 visual tokens');
  assert.is(text({ tokens: null, 'face-tokens': 0, hidden: 64 }), 'any number of visual tokens');
});

test.run();
