import type { Comparison } from '../../contracts/index.js';
import { Fault } from '../../faults/index.js';

type Numbers = ArrayLike<number>;

/** How many times the error of float32 in the reference implementation a difference may be: there is one on either side, of another order of sums. */
const allowance = 8;

/**
 * Collects comparisons. Values are parallel; `rows` keeps those of rows where it is not 0, which have equal sizes. Where the reference
 * implementation's own error with float32 is known, by the comparison's name (`float32_error` in golden.json), the tolerance is at least
 * eight times that: deep models with large activations lose more digits than shallow ones.
 */
export class Comparisons {
  readonly list: Comparison[] = [];

  constructor(private readonly errors: Readonly<Record<string, number>> = {}) {}

  /** The largest absolute difference. */
  absolute(what: string, actual: Numbers, expected: Numbers, tolerance: number, rows?: Numbers): void {
    this.#add({ what, ...largest(what, actual, expected, rows), tolerance, measure: 'absolute' });
  }

  /**
   * The largest absolute difference of activations or logits: `tolerance` where the reference stays below 10, else in proportion to its
   * largest value, as float32 rounds in proportion too.
   */
  activations(what: string, actual: Numbers, expected: Numbers, tolerance: number, rows?: Numbers): void {
    const { difference, size } = largest(what, actual, expected, rows);
    this.#add({ what, difference, tolerance: tolerance * Math.max(1, size / 10), measure: 'absolute' });
  }

  /** The largest absolute difference over the largest reference value. */
  relative(what: string, actual: Numbers, expected: Numbers, tolerance: number): void {
    const { difference, size } = largest(what, actual, expected);
    this.#add({ what, difference: difference / (size || 1), tolerance, measure: 'relative' });
  }

  /** How many values are not the same. */
  equal(what: string, actual: Numbers, expected: Numbers): void {
    assertParallel(what, actual, expected);
    const difference = Array.from(expected).filter((value, i) => value !== actual[i]).length;
    this.#add({ what, difference, tolerance: 0, measure: 'unequal' });
  }

  #add({ what, difference, tolerance, measure }: Comparison): void {
    const known = tolerance > 0 ? (this.errors[what] ?? 0) : 0;
    this.list.push({ what, difference, tolerance: Math.max(tolerance, allowance * known), measure });
  }
}

/** Largest difference and largest reference value; the difference is Infinity where either side has a NaN. */
function largest(what: string, actual: Numbers, expected: Numbers, rows?: Numbers): { difference: number; size: number } {
  assertParallel(what, actual, expected);
  const width = rows ? expected.length / rows.length : 1;
  let [difference, size] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    if (rows && !rows[Math.floor(i / width)]) continue;
    const off = Math.abs(actual[i]! - expected[i]!);
    if (!(off <= difference)) difference = Number.isNaN(off) ? Infinity : off;
    size = Math.max(size, Math.abs(expected[i]!));
  }
  return { difference, size };
}

function assertParallel(what: string, actual: Numbers, expected: Numbers): void {
  if (actual.length === expected.length) return;
  throw new Fault('TENSOR_SHAPE', `${what}: there are ${actual.length} values, the reference has ${expected.length}`, {
    hint: 'the golden files belong to another checkpoint, or were made by another version of tools/export-golden.py',
  });
}
