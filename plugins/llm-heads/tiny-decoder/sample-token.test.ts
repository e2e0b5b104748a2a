import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from 'mienlab/plugin';
import { sampleToken } from './sample-token.js';

const logits = Float32Array.from([Math.log(0.1), Math.log(0.6), Math.log(0.3)]);

function shares(options: { temperature: number; topK: number; topP: number }): number[] {
  const random = seededRandom(2);
  const counts = [0, 0, 0];
  for (let i = 0; i < 20_000; i++) counts[sampleToken(logits, options, random)]! += 1 / 20_000;
  return counts;
}

function near(actual: number[], expected: number[]) {
  expected.forEach((share, i) => assert.ok(Math.abs(actual[i]! - share) < 0.015, `${actual} should be ${expected}`));
}

test('tokens come as often as they are likely', () => near(shares({ temperature: 1, topK: 0, topP: 1 }), [0.1, 0.6, 0.3]));

test('temperature sharpens: at one half probabilities are squared', () =>
  near(
    shares({ temperature: 0.5, topK: 0, topP: 1 }),
    [0.01, 0.36, 0.09].map((share) => share / 0.46),
  ));

test('top-k keeps the k most likely', () => near(shares({ temperature: 1, topK: 2, topP: 1 }), [0, 2 / 3, 1 / 3]));

test('top-p keeps the fewest that reach it', () => {
  near(shares({ temperature: 1, topK: 0, topP: 0.5 }), [0, 1, 0]);
  near(shares({ temperature: 1, topK: 0, topP: 0.7 }), [0, 2 / 3, 1 / 3]);
});

test.run();
