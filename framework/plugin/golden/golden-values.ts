import { join } from 'node:path';
import type { GoldenFolder } from '../../contracts/index.js';
import { Fault, nearest } from '../../faults/index.js';

/** Typed access to a folder's reference values; what is missing or of another form is a Fault CHECKPOINT_INVALID with file and key. */
export class GoldenValues {
  constructor(
    private readonly golden: GoldenFolder,
    /** Keys that lead to the object at hand. */
    private readonly path: readonly string[] = [],
    private readonly values: Readonly<Record<string, unknown>> = golden.values,
  ) {}

  has(key: string): boolean {
    return Object.hasOwn(this.values, key) && this.values[key] !== null;
  }

  /** The object under a key; null where there is none. */
  part(key: string): GoldenValues | null {
    if (!this.has(key)) return null;
    const value = this.#checked(key, isRecord, 'an object');
    return new GoldenValues(this.golden, [...this.path, key], value);
  }

  keys(): string[] {
    return Object.keys(this.values);
  }

  number(key: string): number {
    return this.#checked(key, isNumber, 'a number');
  }

  text(key: string): string {
    return this.#checked(key, (value): value is string => typeof value === 'string', 'a text');
  }

  numbers(key: string): number[] {
    return this.#checked(key, isNumbers, 'a list of numbers');
  }

  /** What is known of float32's error in the reference implementation, by comparison. */
  float32Errors(): Record<string, number> {
    const errors = this.part('float32_error');
    return errors ? Object.fromEntries(errors.keys().map((key) => [key, errors.number(key)])) : {};
  }

  /** Rows of equal length, at least one. */
  rows(key: string): number[][] {
    const fits = (value: unknown): value is number[][] =>
      Array.isArray(value) && value.length > 0 && value.every((row) => isNumbers(row) && row.length === (value[0] as number[]).length);
    return this.#checked(key, fits, 'a list of lists of numbers, all of one length');
  }

  hasTensor(name: string): boolean {
    return this.golden.tensors.has(name);
  }

  /** Names of tensors that begin so. */
  tensorNames(prefix: string): string[] {
    return [...this.golden.tensors.keys()].filter((name) => name.startsWith(prefix));
  }

  tensor(name: string): { shape: readonly number[]; data: Float32Array } {
    const stored = this.golden.tensors.get(name);
    const file = join(this.golden.folder, 'golden.safetensors');
    if (stored) return { shape: stored.shape, data: this.golden.read(name) };
    throw new Fault('CHECKPOINT_INVALID', `${file}: the tensor "${name}" is missing`, {
      where: { source: file },
      tensor: name,
      nearest: nearest(name, [...this.golden.tensors.keys()]),
      hint: 'make the golden files again with tools/export-golden.py',
    });
  }

  invalid(key: string, why: string, expected?: string): Fault {
    const file = join(this.golden.folder, 'golden.json');
    const path = [...this.path, key].join('.');
    return new Fault('CHECKPOINT_INVALID', `${file}: ${path}: ${why}`, {
      where: { source: file },
      key: path,
      expected,
      hint: 'make the golden files again with tools/export-golden.py',
    });
  }

  #checked<Value>(key: string, fits: (value: unknown) => value is Value, expected: string): Value {
    if (!this.has(key)) throw this.invalid(key, 'it is missing', expected);
    const value = this.values[key];
    if (!fits(value)) throw this.invalid(key, 'it has another form', expected);
    return value;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const isNumber = (value: unknown): value is number => typeof value === 'number';
const isNumbers = (value: unknown): value is number[] => Array.isArray(value) && value.every(isNumber);
