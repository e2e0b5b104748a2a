import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { packageRoot } from '../paths.js';

/** Rows that others published on a benchmark, as printed. */
export interface PublishedTable {
  benchmark: string;
  /** What is not known of them; stands wherever they are shown. */
  caveats: readonly string[];
  /** `score` is the score of mienlab that may stand in the same column; null where none may. */
  columns: readonly { name: string; score: string | null; digits: number }[];
  sources: Readonly<Record<string, { what: string; url: string }>>;
  rows: readonly { model: string; source: string; note?: string; values: Readonly<Record<string, number>> }[];
}

/** The published rows on FEC-Bench, from framework/published/fec-bench.yaml. */
export function readPublished(): PublishedTable {
  return parse(readFileSync(join(packageRoot, 'framework', 'published', 'fec-bench.yaml'), 'utf8')) as PublishedTable;
}
