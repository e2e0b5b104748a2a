import { seededRandom } from '../../plugin/seeded-random.js';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { jsonError, jsonOffset } from './json-offset.js';
import type { JsonPath } from './walk-json.js';

const random = seededRandom(3);
const pick = <Item>(items: readonly Item[]): Item => items[random.integer(items.length)]!;

function value(depth: number): unknown {
  const kind = random.integer(depth > 0 ? 7 : 5);
  if (kind === 5) return Array.from({ length: random.integer(4) }, () => value(depth - 1));
  if (kind === 6)
    return Object.fromEntries(Array.from({ length: random.integer(4) }, () => [pick(['a', 'b"', 'ü\n', '\\', '']), value(depth - 1)]));
  return [null, true, random.normal() * 10 ** random.integer(30), random.integer(9), pick(['', 'x"y', '\\u0041', '\u0001', '😀 "a": [1]'])][
    kind
  ];
}

/** Every way into a value. */
function paths(of: unknown, before: JsonPath = []): JsonPath[] {
  if (typeof of !== 'object' || of === null) return [before];
  return [before, ...Object.entries(of).flatMap(([key, inner]) => paths(inner, [...before, Array.isArray(of) ? Number(key) : key]))];
}

test('where a value stands: what is there is that value', () => {
  for (let n = 0; n < 300; n++) {
    const whole = value(4);
    const text = JSON.stringify(whole, null, pick([0, 2, '\t']));
    for (const path of paths(whole)) {
      const inner = path.reduce((from: unknown, key) => (from as Record<string, unknown>)[key], whole);
      const offset = jsonOffset(text, path);
      const end = JSON.stringify(inner).length;
      const there = typeof inner === 'object' && inner ? text.slice(offset, offset + 1) : text.slice(offset, offset + end);
      assert.is(
        there,
        typeof inner === 'object' && inner ? (Array.isArray(inner) ? '[' : '{') : JSON.stringify(inner),
        `${text} ${path.join('.')}`,
      );
    }
  }
  assert.is(jsonOffset('{"a": [1, {"b": 2}]}', ['a', 1, 'c', 'd']), 10);
  assert.is(jsonOffset('{"a": 1}', ['b']), 0);
});

test('a text is JSON exactly where JSON.parse takes it, and what stands before the error could be', () => {
  let broken = 0;
  for (let n = 0; n < 4000; n++) {
    let text = JSON.stringify(value(3));
    for (let edits = random.integer(3); edits > 0; edits--) {
      const at = random.integer(text.length + 1);
      text =
        text.slice(0, at) + pick(['', '"', ',', '}', '[', '\\', 'e', '-', '0', '.', ' ', '\n', 'nul']) + text.slice(at + random.integer(2));
    }
    let fine = true;
    try {
      JSON.parse(text);
    } catch {
      fine = false;
    }
    const error = jsonError(text);
    assert.is(error === undefined, fine, text);
    if (error === undefined) continue;
    broken++;
    assert.ok(error >= 0 && error <= text.length);
  }
  assert.ok(broken > 500);
  assert.is(jsonError('{"a": 1,}'), 8);
  assert.is(jsonError('{"a" 1}'), 5);
  assert.is(jsonError('["a'), 3);
  assert.is(jsonError('[1] x'), 4);
  assert.is(jsonError(''), 0);
});

test('depth without end is no crash', () => {
  const deep = '['.repeat(1e5);
  assert.type(jsonError(deep), 'number');
  assert.type(jsonOffset(deep, [0, 0]), 'number');
});

test.run();
