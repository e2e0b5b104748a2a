import { Fault } from '../../faults/index.js';
import type { GgufFile } from './gguf-file.js';
import type { GgufValue, Numbers } from './read-value.js';

/** Typed look-ups in the metadata of a GGUF file. Each throws Fault CHECKPOINT_INVALID where the value is of another kind. */
export class MetadataReader {
  readonly #gguf: GgufFile;

  constructor(gguf: GgufFile) {
    this.#gguf = gguf;
  }

  number(key: string): number | undefined {
    return this.#value(key, 'a number', (value) => typeof value === 'number');
  }

  string(key: string): string | undefined {
    return this.#value(key, 'a string', (value) => typeof value === 'string');
  }

  boolean(key: string): boolean | undefined {
    return this.#value(key, 'true or false', (value) => typeof value === 'boolean');
  }

  strings(key: string): readonly string[] | undefined {
    return this.#value(key, 'a list of strings', (value): value is readonly string[] => {
      return Array.isArray(value) && value.every((item) => typeof item === 'string');
    });
  }

  numbers(key: string): Numbers | undefined {
    return this.#value(key, 'a list of numbers', (value): value is Numbers => {
      return ArrayBuffer.isView(value) && !(value instanceof BigInt64Array) && !(value instanceof BigUint64Array);
    });
  }

  /** An integer above 0 that must be there. */
  count(key: string): number {
    const value = this.required(key, this.number(key));
    if (!Number.isInteger(value) || value < 1) throw this.fault(`metadata "${key}" is ${value}, expected a count`);
    return value;
  }

  required<T>(key: string, value: T | undefined): T {
    if (value === undefined) throw this.fault(`metadata "${key}" is missing`);
    return value;
  }

  fault(why: string, details: { tensor?: string; known?: readonly string[]; hint?: string } = {}): Fault {
    const { file } = this.#gguf;
    return new Fault('CHECKPOINT_INVALID', `${file} cannot be used: ${why}`, { where: { source: file }, ...details });
  }

  #value<T extends GgufValue>(key: string, kind: string, is: (value: GgufValue) => value is T): T | undefined {
    const value = this.#gguf.metadata.get(key);
    if (value !== undefined && !is(value)) throw this.fault(`metadata "${key}" is not ${kind}`);
    return value;
  }
}
