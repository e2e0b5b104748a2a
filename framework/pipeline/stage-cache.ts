import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BlobStore } from './blob-store.js';
import { RecordStore } from './record-store.js';

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

  /** `bytes` is the size of every blob. */
  blobs(stage: string, key: string, bytes: number): BlobStore {
    return new BlobStore(this.folder(stage, key), bytes);
  }

  close(): void {
    if (this.#mode === 'off') rmSync(this.#folder, { recursive: true, force: true });
  }
}
