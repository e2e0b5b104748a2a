import { Fault } from '../faults/index.js';

/** Clips that belong together. */
export interface ClipClusters {
  /** The field of the references that says so. */
  field: string;
  /** Of every clip the number of its cluster. */
  of: readonly number[];
  count: number;
}

/** Fields looked at where none is asked for: clips of one person are alike, and so are several of one video. */
const usual = ['person', 'video'];

/**
 * Clusters by a field of the references; by `person` or `video` where none is asked for and some clips share one; null for none. Where a clip
 * lacks the field it is a cluster of its own. Throws Fault USAGE for a field that no reference has.
 */
export function clipClusters(fields: readonly Readonly<Record<string, unknown>>[], asked?: string): ClipClusters | null {
  if (asked === 'none') return null;
  const field = asked ?? usual.find((name) => sharing(fields, name));
  if (field === undefined) return null;
  if (!fields.some((one) => one[field] !== undefined)) {
    const known = [...new Set(fields.flatMap((one) => Object.keys(one)))];
    throw new Fault('USAGE', `--cluster ${field}: no reference has a "${field}"`, { known: [...known, 'none'] });
  }
  const numbers = new Map<unknown, number>();
  const of = fields.map((one, i) => {
    const value = one[field] === undefined ? { alone: i } : JSON.stringify(one[field]);
    if (!numbers.has(value)) numbers.set(value, numbers.size);
    return numbers.get(value)!;
  });
  return { field, of, count: numbers.size };
}

function sharing(fields: readonly Readonly<Record<string, unknown>>[], name: string): boolean {
  const values = fields.flatMap((one) => (one[name] === undefined ? [] : [JSON.stringify(one[name])]));
  return new Set(values).size < values.length;
}
