import { manifestConforms, sourceFolder, trackerConforms } from 'mienlab/conformance';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { none } from './none.js';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
trackerConforms(plugin);

test('nobody is followed, whoever is there', () => {
  const face = { box: { x: 1, y: 2, width: 30, height: 40 }, score: 0.9 };
  assert.equal(none.track([[face], [face, face]], { width: 100, height: 80, times: [0, 1] }), { tracks: [], principal: [null, null] });
  assert.equal(plugin.produces({}, {}), { type: 'tracks', dims: { principal: 0 } });
});

test.run();
