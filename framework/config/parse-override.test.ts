import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../faults/index.js';
import { parseOverride } from './parse-override.js';
import { Dict, printValue, Quoted, type Value } from './override-value.js';
import { Float } from './scalar.js';
import { shuffled } from './shuffle.js';
import { ChoiceSweep, isSweep, ListExtension } from './sweep-value.js';

const parse = (text: string) => parseOverride({ source: 'test', text, single: true });

function faultOf(text: string): Fault {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error(`${text} was taken`);
}

test('keys: action, group, package', () => {
  const fields = (text: string) => {
    const { action, key, package: to } = parse(text);
    return [action, key, to];
  };
  assert.equal(fields('a.b=1'), ['change', 'a.b', undefined]);
  assert.equal(fields('+llm-head=x'), ['add', 'llm-head', undefined]);
  assert.equal(fields('++a.0.b=1'), ['force', 'a.0.b', undefined]);
  assert.equal(fields('~a/b@c.d'), ['delete', 'a/b', 'c.d']);
  assert.equal(fields('group@=x'), ['change', 'group', '']);
});

test('values: types and escapes', () => {
  const value = (text: string) => parse(`k=${text}`).value;
  assert.equal(value('1_000'), 1000);
  assert.equal(value('1e-4'), new Float(1e-4));
  assert.equal(value('007'), '007');
  assert.equal(value('TrUe'), true);
  assert.equal(value('NULL'), null);
  assert.equal(value(''), '');
  assert.equal(value(String.raw`a\,b\ c`), 'a,b c');
  assert.equal(value(String.raw`"say \"no\" \\"`), new Quoted('say "no" \\', '"'));
  assert.equal(value('[a, [1.0], {x: y z}]'), ['a', [new Float(1)], new Dict([['x', 'y z']])]);
  assert.equal(value('12345678901234567890'), 12345678901234567890n);
  assert.equal(value('a,b'), new ChoiceSweep(['a', 'b'], true));
  assert.equal(value('extend_list(1, x)'), new ListExtension([1, 'x']));
  assert.equal(value('json_str({a: [1, "b c"], d: null})'), '{"a": [1, "b c"], "d": null}');
  assert.equal(value('shuffle([1,2,3,4,5])'), shuffled([1, 2, 3, 4, 5]));
});

test('faults mark the place in the text', () => {
  const place = (text: string) => {
    const { code, details } = faultOf(text);
    return [code, details.excerpt?.text, details.excerpt?.start, details.excerpt?.length];
  };
  assert.equal(place('a=[1,2'), ['OVERRIDE_SYNTAX', 'a=[1,2', 6, 1]);
  assert.equal(place('a=x!y'), ['OVERRIDE_SYNTAX', 'a=x!y', 3, 1]);
  assert.equal(place('a b=1'), ['OVERRIDE_SYNTAX', 'a b=1', 1, 1]);
  assert.equal(place('a={"b": 1}'), ['OVERRIDE_SYNTAX', 'a={"b": 1}', 3, 3]);
  assert.is(faultOf('a=chioce(1,2)').details.nearest, 'choice');
  assert.is(faultOf('seed').details.hint, 'write seed=VALUE');
  assert.match(faultOf('a=int(x)').message, 'int(): "x" is not a whole number');
});

/** mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test('any text is parsed or a Fault with its mark within the text', () => {
  const next = random(11);
  const pieces =
    'a b.c 1 2.5 1e3 - + . ~ = == , : ; [ ] { } ( ) \\ \\\\ \' " \'x\' "y z" ${a} ${ $ @ / null true nan choice( range( glob( int( sort( tag( \t é 😀 \n # ? * | 0x1 _'.split(
      ' ',
    );
  let parsed = 0;
  for (let round = 0; round < 20_000; round++) {
    let text = next() < 0.7 ? 'k=' : '';
    for (let length = Math.floor(next() * 8); length > 0; length--)
      text += next() < 0.1 ? ' ' : pieces[Math.floor(next() * pieces.length)]!;
    try {
      parse(text);
      parsed++;
    } catch (error) {
      assert.instance(error, Fault, `${JSON.stringify(text)}: ${String(error)}`);
      const { excerpt } = (error as Fault).details;
      assert.ok(excerpt && excerpt.start >= 0 && excerpt.start <= text.length && excerpt.length > 0, JSON.stringify(text));
    }
  }
  assert.ok(parsed > 2000, `${parsed} of 20000 were taken`);
});

test('a printed value reads back as the same value', () => {
  const next = random(5);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(next() * items.length)]!;
  const text = () =>
    Array.from({ length: Math.floor(next() * 6) }, () =>
      pick(['a', 'Z', '9', ' ', '\\', "'", '"', ',', ':', '=', '(', ']', '{', '$', '-', 'é', '.']),
    ).join('');
  const value = (depth: number): Value => {
    const kind = Math.floor(next() * (depth > 2 ? 5 : 7));
    if (kind === 0) return pick([null, true, false]);
    if (kind === 1) return pick([0, -7, 123456, 12345678901234567890n]);
    if (kind === 2) return new Float(pick([0, 1.5, -2, 1e-7, 1e22, 0.1, Infinity]));
    if (kind === 3) return new Quoted(text(), pick(["'", '"'] as const));
    if (kind === 4) return pick(['a', 'b-c', 'with space', 'x,y', 'a=b', '(p)', 'back\\slash', '$', 'c:d']);
    if (kind === 5) return Array.from({ length: Math.floor(next() * 3) }, () => value(depth + 1));
    const keys = ['a', 'b c', 'd-e'].slice(0, Math.floor(next() * 4));
    return new Dict(keys.map((key) => [key, value(depth + 1)]));
  };
  for (let round = 0; round < 5_000; round++) {
    const made = value(0);
    const printed = `k=${printValue(made)}`;
    assert.equal(parse(printed).value, made, printed);
  }
});

test('shuffled keeps all items and its order', () => {
  assert.equal(shuffled([1, 2, 3, 4, 5, 6]), shuffled([1, 2, 3, 4, 5, 6]));
  assert.equal([...shuffled([1, 2, 3, 4, 5, 6])].sort(), [1, 2, 3, 4, 5, 6]);
  const { value } = parse('k=shuffle(choice(a,b,c))');
  assert.ok(isSweep(value) && value instanceof ChoiceSweep && value.shuffled);
});

test.run();
