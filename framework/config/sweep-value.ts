import type { Value } from './override-value.js';
import { Float, integer } from './scalar.js';

/** `a,b`, `choice(a,b)`. */
export class ChoiceSweep {
  constructor(
    readonly items: Value[],
    readonly simple: boolean,
    readonly shuffled = false,
  ) {}
}

type Num = number | bigint | Float;

/** `range(start, stop, step)`: whole numbers as long as all three are. */
export class RangeSweep {
  constructor(
    readonly start: Num,
    readonly stop: Num,
    readonly step: Num,
    readonly shuffled = false,
  ) {}
}

/** `interval(start, end)`: for sweepers that sample; mienlab's own sweep cannot enumerate it. */
export class IntervalSweep {
  constructor(
    readonly start: Value,
    readonly end: Value,
  ) {}
}

/** `glob(include, exclude)`: options of the config group by name patterns. */
export class Glob {
  constructor(
    readonly include: readonly string[],
    readonly exclude: readonly string[],
  ) {}

  filter(names: readonly string[]): string[] {
    const matches = (name: string, patterns: readonly string[]) => patterns.some((pattern) => globRule(pattern).test(name));
    return names.filter((name) => matches(name, this.include) && !matches(name, this.exclude));
  }
}

/** `extend_list(a, b)`: items to add at the end of a list that is already there. */
export class ListExtension {
  constructor(readonly items: Value[]) {}
}

export type Sweep = ChoiceSweep | RangeSweep | IntervalSweep;

export function isSweep(value: Value): value is Sweep | Glob {
  return value instanceof ChoiceSweep || value instanceof RangeSweep || value instanceof IntervalSweep || value instanceof Glob;
}

/** Python's fnmatch: * any text, ? one character, [abc], [!abc]. */
function globRule(pattern: string): RegExp {
  const source = pattern.replace(/\[(!?)(\]?[^\]]*)\]|[^]/g, (part: string, not: string | undefined, set: string | undefined) => {
    if (set !== undefined) return `[${not ? '^' : ''}${set.replace(/[\\\]^[]/g, '\\$&')}]`;
    return part === '*' ? '[^]*' : part === '?' ? '[^]' : part.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  });
  return new RegExp(`^${source}$`, 'u');
}

const maxValues = 100_000;

/**
 * The numbers of a range. Whole numbers stay so; else start + step + step ... is summed as Hydra does, in decimal arithmetic of 28 digits
 * (Python's decimal), so that the same doubles come out. Throws RangeError where there are too many, or none can be counted.
 */
export function rangeValues({ start, stop, step }: RangeSweep): (number | bigint | Float)[] {
  const real = [start, stop, step].some((part) => part instanceof Float);
  const [from, to, by] = [start, stop, step].map((part) =>
    part instanceof Float ? decimalOf(part.value) : { digits: BigInt(part), exponent: 0 },
  ) as [Decimal, Decimal, Decimal];
  if (by.digits === 0n) throw new RangeError('the step of a range must not be zero');
  const values: (number | bigint | Float)[] = [];
  for (let at = from; by.digits > 0n ? difference(at, to) < 0n : difference(at, to) > 0n; at = real ? rounded(sum(at, by)) : sum(at, by)) {
    if (values.length >= maxValues) throw new RangeError(`a range of more than ${maxValues} values`);
    values.push(real ? new Float(Number(`${at.digits}e${at.exponent}`)) : integer(at.digits));
  }
  return values;
}

/** digits * 10 ** exponent. */
interface Decimal {
  digits: bigint;
  exponent: number;
}

/** A double as a decimal, exactly: halving is multiplying by 5 and one more place. */
function decimalOf(number: number): Decimal {
  if (!Number.isFinite(number)) throw new RangeError('a range needs finite numbers');
  let [whole, places] = [number, 0];
  for (; !Number.isInteger(whole); places++) whole *= 2;
  return { digits: BigInt(whole) * 5n ** BigInt(places), exponent: -places };
}

function aligned(a: Decimal, b: Decimal): [bigint, bigint, number] {
  const exponent = Math.min(a.exponent, b.exponent);
  const at = ({ digits, exponent: own }: Decimal) => digits * 10n ** BigInt(own - exponent);
  return [at(a), at(b), exponent];
}

function sum(a: Decimal, b: Decimal): Decimal {
  const [x, y, exponent] = aligned(a, b);
  return { digits: x + y, exponent };
}

function difference(a: Decimal, b: Decimal): bigint {
  const [x, y] = aligned(a, b);
  return x - y;
}

/** Rounded to 28 digits, half to even. */
function rounded({ digits, exponent }: Decimal): Decimal {
  const surplus = String(digits).replace('-', '').length - 28;
  if (surplus <= 0) return { digits, exponent };
  const unit = 10n ** BigInt(surplus);
  let [whole, rest] = [digits / unit, (digits % unit) * 2n];
  if (rest < 0n) rest = -rest;
  if (rest > unit || (rest === unit && whole % 2n !== 0n)) whole += digits < 0n ? -1n : 1n;
  return { digits: whole, exponent: exponent + surplus };
}
