import { createHash } from 'node:crypto';
import type { JournalEntry, JournalNumber } from '../journal/journal-entry.js';
import { sanitizeKey, type KeyValue, type MetricPoint, type MlflowDataset, type MlflowStatus } from '../mlflow/index.js';

/** Something to send for a run; `seq` is the journal entry it comes from. */
export type Work = { seq: number } & (
  | { kind: 'create'; time: number }
  | { kind: 'log'; metrics: MetricPoint[]; params: KeyValue[]; tags: KeyValue[] }
  | { kind: 'artifact' | 'table'; path: string; file: string }
  | { kind: 'image'; key: string; step: number; timestamp: number; id: string; file: string }
  | { kind: 'dataset'; dataset: MlflowDataset; context: string }
  | { kind: 'status'; status: MlflowStatus; endTime?: number }
);

function fromJournalNumber(value: JournalNumber): number {
  return Number(value);
}

/**
 * Turns the journal entries of one run into what MLflow is sent. It depends on the entries alone, so sending anything again sends the
 * same: keys made valid without two becoming one, params written once (a later other value becomes the tag `mienlab.changed.KEY`).
 */
export class RunProjection {
  private readonly keys = new Map<string, string>();
  private readonly taken = new Set<string>();
  private readonly params = new Map<string, string>();
  private readonly unsent: Work[] = [];

  constructor(
    readonly id: string,
    readonly name: string,
    readonly parent: string | undefined,
    readonly experiment: string,
    readonly startTime: number,
  ) {}

  /** Work not yet done, in the journal's order. */
  get work(): readonly Work[] {
    return this.unsent;
  }

  /** Takes the next entry of this run; `send` is false for what the server has already. */
  add(entry: JournalEntry, send: boolean): void {
    const work = this.project(entry);
    if (work && send) this.unsent.push(work);
  }

  /** Forgets the first `count` pieces of work. */
  finished(count: number): void {
    this.unsent.splice(0, count);
  }

  private project(entry: JournalEntry): Work | undefined {
    const { seq, time } = entry;
    switch (entry.type) {
      case 'start':
        return { seq, kind: 'create', time };
      case 'resume':
        return { seq, kind: 'status', status: 'RUNNING' };
      case 'params':
        return { seq, kind: 'log', metrics: [], ...this.projectParams(entry.values) };
      case 'tags':
        return { seq, kind: 'log', metrics: [], params: [], tags: this.pairs(entry.values) };
      case 'note':
        return { seq, kind: 'log', metrics: [], params: [], tags: [{ key: 'mlflow.note.content', value: entry.text }] };
      case 'metrics': {
        const points = Object.entries(entry.values);
        const metrics = points.map(([key, value]) => ({
          key: this.key(key),
          value: fromJournalNumber(value),
          timestamp: time,
          step: entry.step,
        }));
        return { seq, kind: 'log', metrics, params: [], tags: [] };
      }
      case 'artifact':
      case 'table':
        return { seq, kind: entry.type, path: entry.path, file: entry.file };
      case 'image':
        return { seq, kind: 'image', key: entry.key, step: entry.step, timestamp: time, id: this.imageId(seq), file: entry.file };
      case 'dataset': {
        const { name, digest, context, source, schema, profile } = entry;
        return { seq, kind: 'dataset', dataset: { name, digest, source_type: 'local', source, schema, profile }, context };
      }
      case 'end':
        return { seq, kind: 'status', status: entry.status, endTime: time };
      default:
        return undefined;
    }
  }

  private projectParams(values: Record<string, string>): { params: KeyValue[]; tags: KeyValue[] } {
    const params: KeyValue[] = [];
    const tags: KeyValue[] = [];
    for (const { key, value } of this.pairs(values)) {
      const first = this.params.get(key);
      if (first === undefined) {
        this.params.set(key, value);
        params.push({ key, value });
      } else if (first !== value) tags.push({ key: `mienlab.changed.${key}`, value });
    }
    return { params, tags };
  }

  private pairs(values: Record<string, string>): KeyValue[] {
    return Object.entries(values).map(([key, value]) => ({ key: this.key(key), value }));
  }

  /** A valid key; where two keys of the run would become the same one, the later gets a number. */
  private key(key: string): string {
    const known = this.keys.get(key);
    if (known !== undefined) return known;
    const plain = sanitizeKey(key);
    let name = plain;
    for (let n = 2; this.taken.has(name); n++) name = sanitizeKey(`${plain}-${n}`);
    this.keys.set(key, name);
    this.taken.add(name);
    return name;
  }

  /** In the form of a UUID, always the same for the same entry. */
  private imageId(seq: number): string {
    const hex = createHash('sha256').update(`${this.id}/${seq}`).digest('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
  }
}
