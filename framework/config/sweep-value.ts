import type { Value } from './override-value.js';
import { Float } from './scalar.js';

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
 * The numbers of a range. Whole numbers stay so; else each is the double next to the exact start + i * step (Hydra sums in decimal
 * arithmetic, which comes to the same). Throws RangeError where there are too many, or none can be counted.
 */
export function rangeValues({ start, stop, step }: RangeSweep): (number | bigint | Float)[] {
  const numbers = [start, stop, step].map((part) => (part instanceof Float ? part.value : part));
  if (numbers.some((number) => typeof number === 'number' && !Number.isFinite(number))) throw new RangeError('a range needs finite numbers');
  const real = [start, stop, step].some((part) => part instanceof Float);
  const parts = numbers.map((number) => (typeof number === 'bigint' ? [number, 0] : binary(number)) as [bigint, number]);
  const lowest = Math.min(...parts.map(([, exponent]) => exponent));
  const [from, to, by] = parts.map(([mantissa, exponent]) => mantissa << BigInt(exponent - lowest)) as [bigint, bigint, bigint];
  if (by === 0n) throw new RangeError('the step of a range must not be zero');
  const values: (number | bigint | Float)[] = [];
  for (let at = from; by > 0n ? at < to : at > to; at += by) {
    if (values.length >= maxValues) throw new RangeError(`a range of more than ${maxValues} values`);
    const value = Number(at) * 2 ** lowest;
    values.push(real ? new Float(value) : value);
  }
  return values;
}

/** A double as mantissa * 2 ** exponent, exactly. */
function binary(number: number): [bigint, number] {
  let [mantissa, exponent] = [number, 0];
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    exponent -= 1;
  }
  return [BigInt(mantissa), exponent];
}
