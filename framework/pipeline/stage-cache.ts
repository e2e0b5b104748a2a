import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type CacheMode = 'use' | 'refresh' | 'off';

/** JSON with sorted keys: the same content gives the same text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
    return `{${entries
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => `${JSON.stringify(key)}:${canonicalJson(entry)}`)
      .join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/** 24 hexadecimal digits of sha256 over canonical JSON. */
export function cacheKey(parts: unknown): string {
  return createHash('sha256').update(canonicalJson(parts)).digest('hex').slice(0, 24);
}

/** Values by id, appended to one JSONL file; a line cut short by a crash is passed over. */
export class RecordStore<Value> {
  readonly #values = new Map<string, Value>();
  readonly #file: string | undefined;

  constructor(file: string | undefined) {
    this.#file = file;
    if (file === undefined || !existsSync(file)) return;
    const text = readFileSync(file, 'utf8');
    for (const line of text.split('\n')) {
      try {
        const { id, value } = JSON.parse(line) as { id: string; value: Value };
        this.#values.set(id, value);
      } catch {
        // The last line of an interrupted run, or the empty one at the end.
      }
    }
    // Whatever follows starts on a line of its own.
    if (text && !text.endsWith('\n')) appendFileSync(file, '\n');
  }

  get(id: string): Value | undefined {
    return this.#values.get(id);
  }

  set(id: string, value: Value): void {
    this.#values.set(id, value);
    if (this.#file !== undefined) appendFileSync(this.#file, `${JSON.stringify({ id, value })}\n`);
  }
}

/** Bytes by id, a file each, written aside and renamed. */
export class BlobStore {
  readonly #folder: string;
  #written = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  has(id: string): boolean {
    return existsSync(join(this.#folder, id));
  }

  read(id: string): Uint8Array {
    return readFileSync(join(this.#folder, id));
  }

  write(id: string, bytes: Uint8Array): void {
    const aside = join(this.#folder, `.${id}.${process.pid}.${this.#written++}`);
    writeFileSync(aside, bytes);
    renameSync(aside, join(this.#folder, id));
  }
}

/**
 * Finished stages under keys made of the plugin, its config and the keys of its inputs.
 * `use` reads and writes; `refresh` forgets what a key held when it is first opened; `off` works in `scratch`, which `close` removes.
 */
export class StageCache {
  readonly #folder: string;
  readonly #mode: CacheMode;
  readonly #opened = new Set<string>();

  constructor(folder: string, scratch: string, mode: CacheMode) {
    this.#folder = mode === 'off' ? scratch : folder;
    this.#mode = mode;
  }

  /** Where everything lies: another cache of mode `use` over it has the same. */
  get location(): string {
    return this.#folder;
  }

  /** The folder of one key of one stage, made on first use. */
  folder(stage: string, key: string): string {
    const folder = join(this.#folder, stage, key);
    if (this.#mode === 'refresh' && !this.#opened.has(folder)) rmSync(folder, { recursive: true, force: true });
    this.#opened.add(folder);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  records<Value>(stage: string, key: string): RecordStore<Value> {
    return new RecordStore(join(this.folder(stage, key), 'records.jsonl'));
  }

  blobs(stage: string, key: string): BlobStore {
    return new BlobStore(this.folder(stage, key));
  }

  close(): void {
    if (this.#mode === 'off') rmSync(this.#folder, { recursive: true, force: true });
  }
}
