import { CallError, castAll, castFloat, casts, type Kind, kindOf } from './override-casts.js';
import { Quoted, type Value } from './override-value.js';
import { Float, integer } from './scalar.js';
import { shuffled } from './shuffle.js';
import { ChoiceSweep, Glob, IntervalSweep, isSweep, ListExtension, RangeSweep } from './sweep-value.js';

interface Parameter {
  name: string;
  kinds: readonly Kind[];
  required?: boolean;
}

interface OverrideFunction {
  /** Parameters that may be given by position or by name. */
  positional: readonly Parameter[];
  /** Kinds of any number of further arguments by position. */
  rest?: readonly Kind[];
  /** Parameters that are given by name only. */
  named: readonly Parameter[];
  run(rest: Value[], by: Readonly<Record<string, Value>>): Value;
}

const numbers: Kind[] = ['int', 'float', 'bool'];
const elements: Kind[] = [...numbers, 'str', 'dict', 'list'];
const sweeps: Kind[] = ['choice', 'range', 'interval'];
const anything: Kind[] = [...elements, 'null', 'quoted', ...sweeps];

function castFunction(name: keyof typeof casts): OverrideFunction {
  return {
    positional: [],
    rest: anything,
    named: [{ name: 'value', kinds: anything }],
    run: (rest, { value }) => {
      if (value !== undefined && rest.length > 0) throw new CallError('give the value once: by position or by name');
      if (value === undefined && rest.length === 0) throw new CallError('a value is missing');
      const subject = value !== undefined ? value : rest.length === 1 ? rest[0]! : new ChoiceSweep(rest, true);
      return castAll(subject, casts[name], name);
    },
  };
}

function sortValues(items: readonly Value[], reverse: boolean): Value[] {
  const number = (value: Value) => (value instanceof Float ? value.value : (value as number | bigint | boolean));
  const text = items.every((item) => typeof item === 'string');
  if (!text && !items.every((item) => numbers.includes(kindOf(item))))
    throw new CallError('these values cannot be compared with one another');
  const compare = (a: Value, b: Value) => {
    const [x, y] = text ? [a as string, b as string] : [number(a), number(b)];
    return x < y ? -1 : x > y ? 1 : 0;
  };
  return [...items].sort((a, b) => (reverse ? compare(b, a) : compare(a, b)));
}

function plus(a: number | bigint | Float, b: number | bigint | Float, sign: 1 | -1 = 1): number | bigint | Float {
  if (a instanceof Float || b instanceof Float)
    return new Float(Number(a instanceof Float ? a.value : a) + sign * Number(b instanceof Float ? b.value : b));
  return integer(BigInt(a) + BigInt(sign) * BigInt(b));
}

function sortSweep(sweep: ChoiceSweep | RangeSweep, reverse: boolean): Value {
  if (sweep instanceof ChoiceSweep) return new ChoiceSweep(sortValues(sweep.items, reverse), sweep.simple, sweep.shuffled);
  const { start, stop, step } = sweep;
  const size = (part: number | bigint | Float) => Number(part instanceof Float ? part.value : part);
  const turned = reverse ? size(start) < size(stop) : size(start) > size(stop);
  if (!turned) return sweep;
  const zero = step instanceof Float ? new Float(0) : 0;
  const negative = plus(zero, step, -1);
  const absolute = size(step) < 0 ? negative : step;
  return new RangeSweep(plus(stop, absolute, reverse ? -1 : 1), plus(start, absolute, reverse ? -1 : 1), negative, sweep.shuffled);
}

function sort(rest: Value[], by: Readonly<Record<string, Value>>): Value {
  const reverse = by['reverse'] === true;
  if (Array.isArray(by['list'])) return sortValues(by['list'], reverse);
  if (by['sweep'] !== undefined) return sortSweep(by['sweep'] as ChoiceSweep | RangeSweep, reverse);
  const [only] = rest;
  if (only === undefined) throw new CallError('there is nothing to sort');
  if (rest.length > 1) {
    if (rest.some((item) => !['int', 'float', 'bool', 'str'].includes(kindOf(item))))
      throw new CallError('only numbers, strings and true/false can be sorted');
    return sortSweep(new ChoiceSweep(rest, true), reverse);
  }
  if (only instanceof ChoiceSweep || only instanceof RangeSweep) return sortSweep(only, reverse);
  return Array.isArray(only) ? sortValues(only, reverse) : only;
}

function shuffle(rest: Value[], by: Readonly<Record<string, Value>>): Value {
  const subject = by['list'] ?? by['sweep'] ?? (rest.length === 1 ? rest[0]! : new ChoiceSweep(rest, true));
  if (subject instanceof ChoiceSweep) return new ChoiceSweep(subject.items, subject.simple, true);
  if (subject instanceof RangeSweep) return new RangeSweep(subject.start, subject.stop, subject.step, true);
  return Array.isArray(subject) ? shuffled(subject) : [subject];
}

function choice(rest: Value[]): Value {
  if (rest.length === 0) throw new CallError('a choice needs at least one value');
  const [only] = rest;
  if (rest.length > 1 || !(only instanceof ChoiceSweep)) return new ChoiceSweep(rest, false);
  if (!only.simple) throw new CallError('a choice within a choice is not possible');
  return new ChoiceSweep(only.items, false, only.shuffled);
}

function tag(rest: Value[], { sweep }: Readonly<Record<string, Value>>): Value {
  const all = sweep === undefined ? rest : [...rest, sweep];
  const last = all.at(-1);
  if (last === undefined || !isSweep(last) || last instanceof Glob)
    throw new CallError('the last argument must be a choice, a range or an interval');
  if (all.slice(0, -1).some((each) => typeof each !== 'string')) throw new CallError('a tag must be a string');
  return last;
}

const texts = (value: Value | undefined): string[] =>
  (value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]).map((item) => {
    const text = item instanceof Quoted ? item.text : item;
    if (typeof text !== 'string') throw new CallError('a pattern must be a string');
    return text;
  });

const functions: Record<string, OverrideFunction> = {
  ...Object.fromEntries(Object.keys(casts).map((name) => [name, castFunction(name as keyof typeof casts)])),
  choice: { positional: [], rest: [...elements, 'choice'], named: [], run: choice },
  range: {
    positional: [
      { name: 'start', kinds: numbers, required: true },
      { name: 'stop', kinds: [...numbers, 'null'] },
      { name: 'step', kinds: numbers },
    ],
    named: [],
    run: (_, { start, stop, step = 1 }) => {
      const [from, to] = stop === undefined || stop === null ? [0, start] : [start, stop];
      const number = (value: Value | undefined) => (typeof value === 'boolean' ? Number(value) : (value as number | bigint | Float));
      return new RangeSweep(number(from), number(to), number(step));
    },
  },
  interval: {
    positional: [
      { name: 'start', kinds: numbers, required: true },
      { name: 'end', kinds: numbers, required: true },
    ],
    named: [],
    run: (_, { start, end }) => new IntervalSweep(castFloat(start!), castFloat(end!)),
  },
  glob: {
    positional: [
      { name: 'include', kinds: ['list', 'str'], required: true },
      { name: 'exclude', kinds: ['list', 'str', 'null'] },
    ],
    named: [],
    run: (_, { include, exclude }) => new Glob(texts(include), texts(exclude)),
  },
  tag: { positional: [], rest: ['str', ...sweeps], named: [{ name: 'sweep', kinds: sweeps }], run: tag },
  sort: {
    positional: [],
    rest: [...elements, 'choice', 'range'],
    named: [
      { name: 'sweep', kinds: ['choice', 'range'] },
      { name: 'list', kinds: ['list'] },
      { name: 'reverse', kinds: ['bool'] },
    ],
    run: sort,
  },
  shuffle: {
    positional: [],
    rest: [...elements, 'choice', 'range'],
    named: [
      { name: 'sweep', kinds: ['choice', 'range'] },
      { name: 'list', kinds: ['list'] },
    ],
    run: shuffle,
  },
  extend_list: { positional: [], rest: [...elements, 'null'], named: [], run: (rest) => new ListExtension(rest) },
};

export const functionNames: readonly string[] = Object.keys(functions).sort();

/** Calls a function of the override grammar. Throws CallError where it does not take these arguments. */
export function callFunction(name: string, positional: readonly Value[], named: Readonly<Record<string, Value>>): Value {
  const called = functions[name]!;
  const plain = (value: Value) => (value instanceof Quoted ? value.text : value);
  const by: Record<string, Value> = {};
  const give = (parameter: Parameter, value: Value) => {
    if (Object.hasOwn(by, parameter.name)) throw new CallError(`"${parameter.name}" is given twice`);
    if (!parameter.kinds.includes(kindOf(value))) throw new CallError(`"${parameter.name}" cannot be a value of type ${kindOf(value)}`);
    by[parameter.name] = value;
  };
  const args = positional.map(plain);
  called.positional.slice(0, args.length).forEach((parameter, index) => give(parameter, args[index]!));
  const rest = args.slice(called.positional.length);
  if (rest.length > 0 && !called.rest) throw new CallError(`at most ${called.positional.length} arguments are possible`);
  for (const value of rest)
    if (!called.rest?.includes(kindOf(value))) throw new CallError(`a value of type ${kindOf(value)} is not possible here`);
  for (const [key, value] of Object.entries(named)) {
    const parameter = [...called.positional, ...called.named].find((each) => each.name === key);
    if (!parameter) throw new CallError(`there is no argument "${key}"`);
    give(parameter, plain(value));
  }
  for (const { name: needed, required } of called.positional)
    if (required && !Object.hasOwn(by, needed)) throw new CallError(`the argument "${needed}" is missing`);
  return called.run(rest, by);
}
