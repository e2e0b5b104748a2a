import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault, nearest } from '../../faults/index.js';
import { isRecord } from '../is-record.js';

/** Reads a folder's config.json, or another JSON file of it. Throws Fault ASSET_MISSING, or CHECKPOINT_INVALID where it is no JSON object. */
export function readConfigFields(folder: string, name = 'config.json'): ConfigFields {
  const file = join(folder, name);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Fault('ASSET_MISSING', `${file} cannot be read`, {
      where: { source: file },
      hint: 'name a folder as Hugging Face’s save_pretrained writes it',
      cause,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Fault('CHECKPOINT_INVALID', `${file} is not JSON (${(cause as Error).message})`, { where: { source: file }, cause });
  }
  if (!isRecord(value)) throw new Fault('CHECKPOINT_INVALID', `${file} is not a JSON object`, { where: { source: file } });
  return new ConfigFields(value, file);
}

/**
 * Typed access to a checkpoint's config. A key that is absent or null takes the fallback; without one it is required. What is wrong is
 * thrown as Fault CHECKPOINT_INVALID with file and key.
 */
export class ConfigFields {
  constructor(
    readonly values: Readonly<Record<string, unknown>>,
    readonly file: string,
    private readonly prefix = '',
  ) {}

  has(key: string): boolean {
    return Object.hasOwn(this.values, key) && this.values[key] !== null && this.values[key] !== undefined;
  }

  /** A whole number from `least` (1 where not said) to 2^31. */
  integer(key: string, fallback?: number, least = 1): number {
    const fits = (value: unknown) => Number.isInteger(value) && (value as number) >= least && (value as number) <= 2 ** 31;
    return this.#read(key, fallback, fits, `a whole number from ${least}`) as number;
  }

  /** A finite number greater than 0. */
  positive(key: string, fallback?: number): number {
    const fits = (value: unknown) => typeof value === 'number' && Number.isFinite(value) && value > 0;
    return this.#read(key, fallback, fits, 'a number greater than 0') as number;
  }

  flag(key: string, fallback?: boolean): boolean {
    return this.#read(key, fallback, (value) => typeof value === 'boolean', 'true or false') as boolean;
  }

  text(key: string, fallback?: string): string {
    return this.#read(key, fallback, (value) => typeof value === 'string', 'a text') as string;
  }

  texts(key: string): string[] {
    const fits = (value: unknown) => Array.isArray(value) && value.every((one) => typeof one === 'string');
    return this.#read(key, undefined, fits, 'a list of texts') as string[];
  }

  /** One of the known names. */
  choice<Name extends string>(key: string, known: readonly Name[], fallback?: Name): Name {
    const value = this.text(key, fallback);
    if ((known as readonly string[]).includes(value)) return value as Name;
    throw this.invalid(key, `"${value}" is not supported`, { nearest: nearest(value, known), known });
  }

  /** The object under a key; null where there is none. */
  fields(key: string): ConfigFields | null {
    if (!this.has(key)) return null;
    return new ConfigFields(
      this.#read(key, undefined, isRecord, 'an object') as Record<string, unknown>,
      this.file,
      `${this.prefix}${key}.`,
    );
  }

  invalid(
    key: string,
    why: string,
    details: { expected?: string; nearest?: string; known?: readonly string[]; hint?: string } = {},
  ): Fault {
    const path = `${this.prefix}${key}`;
    return new Fault('CHECKPOINT_INVALID', `${this.file}: ${path}: ${why}`, { where: { source: this.file }, key: path, ...details });
  }

  #read(key: string, fallback: unknown, fits: (value: unknown) => boolean, expected: string): unknown {
    if (!this.has(key)) {
      if (fallback !== undefined) return fallback;
      const like = nearest(key, Object.keys(this.values));
      throw this.invalid(key, 'it is missing', { expected, nearest: like });
    }
    const value = this.values[key];
    if (!fits(value)) throw this.invalid(key, `it is ${shown(value)}`, { expected });
    return value;
  }
}

/** A value for a message: short, and without a walk into what is nested, which may be deeper than the stack. */
function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? `a list of ${value.length}` : 'an object';
  const text = String(JSON.stringify(value));
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
