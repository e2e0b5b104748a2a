import { Dict, Quoted, type Value } from './override-value.js';
import { Float, floatText, integer } from './scalar.js';
import { ChoiceSweep, Glob, IntervalSweep, ListExtension, RangeSweep } from './sweep-value.js';
import { floatOf } from './value-token.js';

/** Why a function of the override grammar cannot take its arguments. The parser adds the place. */
export class CallError extends Error {}

export type Kind =
  'int' | 'float' | 'bool' | 'str' | 'quoted' | 'null' | 'dict' | 'list' | 'choice' | 'range' | 'interval' | 'glob' | 'extension';

export function kindOf(value: Value): Kind {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'number' || typeof value === 'bigint') return 'int';
  if (value instanceof Float) return 'float';
  if (value instanceof Quoted) return 'quoted';
  if (value instanceof Dict) return 'dict';
  if (Array.isArray(value)) return 'list';
  if (value instanceof ChoiceSweep) return 'choice';
  if (value instanceof RangeSweep) return 'range';
  if (value instanceof IntervalSweep) return 'interval';
  return value instanceof Glob ? 'glob' : 'extension';
}

type Cast = (value: Value) => Value;
export const casts = { int: castInt, float: castFloat, str: castStr, bool: castBool, json_str: castJson };

/** Applies a cast to a scalar, to each item of a list or sweep, to each value of a dict. */
export function castAll(value: Value, cast: Cast, name: keyof typeof casts): Value {
  if (value instanceof Quoted) return cast(value.text);
  if (value instanceof Dict && name !== 'json_str') return new Dict(value.pairs.map(([key, item]) => [key, castAll(item, cast, name)]));
  if (Array.isArray(value) && name !== 'json_str') return value.map((item) => castAll(item, cast, name));
  if (value instanceof ChoiceSweep)
    return new ChoiceSweep(
      value.items.map((item) => castAll(item, cast, name)),
      value.simple,
    );
  if (value instanceof RangeSweep) {
    if (name !== 'int' && name !== 'float') throw new CallError('a range can only be cast to int or float');
    const number = (part: Value) => castAll(part, cast, name) as number | bigint | Float;
    return new RangeSweep(number(value.start), number(value.stop), number(value.step));
  }
  if (value instanceof IntervalSweep) {
    if (name !== 'int' && name !== 'float') throw new CallError(`an interval cannot be cast to ${name}`);
    return new IntervalSweep(castAll(value.start, cast, name), castAll(value.end, cast, name));
  }
  if ((value === null && name !== 'json_str') || value instanceof Glob || value instanceof ListExtension)
    throw new CallError(`${kindOf(value)} cannot be cast to ${name}`);
  return cast(value);
}

function castInt(value: Value): Value {
  if (typeof value === 'boolean') return Number(value);
  if (value instanceof Float) {
    if (!Number.isFinite(value.value)) throw new CallError(`${floatText(value.value)} has no whole number`);
    return integer(BigInt(Math.trunc(value.value)));
  }
  if (typeof value !== 'string') return value;
  const text = value.trim();
  if (!/^[+-]?\d+(?:_\d+)*$/.test(text)) throw new CallError(`"${value}" is not a whole number`);
  const whole = BigInt(text.replace(/[_+-]/g, ''));
  return integer(text[0] === '-' ? -whole : whole);
}

export function castFloat(value: Value): Value {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return new Float(Number(value));
  if (typeof value !== 'string') return value;
  const number = floatOf(value);
  if ((Number.isNaN(number) && !/nan/i.test(value)) || !/^\s*[+-]?[\d.infatyINFATY]/.test(value) || /[xob]/i.test(value))
    throw new CallError(`"${value}" is not a number`);
  return new Float(number);
}

function castStr(value: Value): Value {
  if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'bigint') return String(value);
  return value instanceof Float ? floatText(value.value) : value;
}

function castBool(value: Value): Value {
  if (typeof value === 'string') {
    const word = value.toLowerCase();
    if (word !== 'true' && word !== 'false') throw new CallError(`"${value}" is neither true nor false`);
    return word === 'true';
  }
  return value instanceof Float ? value.value !== 0 : Boolean(value);
}

function castJson(value: Value): Value {
  const plain = (item: Value): unknown => {
    if (item instanceof Quoted) return item.text;
    if (item instanceof Float) return item.value;
    if (typeof item === 'bigint') return Number(item);
    if (Array.isArray(item)) return item.map(plain);
    return item instanceof Dict ? Object.fromEntries(item.pairs.map(([key, each]) => [castStr(key), plain(each)])) : item;
  };
  return JSON.stringify(plain(value)).replace(/"(?:[^"\\]|\\.)*"|[,:]/g, (part) => (part.length === 1 ? `${part} ` : part));
}
