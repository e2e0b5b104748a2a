import { createHash } from 'node:crypto';

/** What one log-batch request may hold (MLflow 3.17; more is refused as a whole). */
export const batchLimits = { metrics: 1000, params: 100, tags: 100, items: 1000, bytes: 900_000 } as const;

const longestKey = 250;
const longestParam = 6000;
const longestTag = 8000;
const longestDigest = 36;

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** Lone surrogates and NUL cannot be stored by the server's database: they would make it fail again and again. */
function storable(text: string): string {
  return text.replace(/\p{Surrogate}|\0/gu, '\uFFFD');
}

/** MLflow cuts long values without a word; here the cut can be seen. */
function cut(text: string, longest: number): string {
  const clean = storable(text);
  if (clean.length <= longest) return clean;
  const mark = ` ... [cut, sha256 ${shortHash(clean)}]`;
  return storable(clean.slice(0, longest - mark.length)) + mark;
}

/** A param's value, at most 6000 UTF-16 units. */
export const paramValue = (text: string): string => cut(text, longestParam);

/** A tag's value, at most 8000 UTF-16 units. */
export const tagValue = (text: string): string => cut(text, longestTag);

/** A data set's digest, at most 36 characters: a longer one (64 hexadecimal digits) is refused. */
export const datasetDigest = (digest: string): string => digest.slice(0, longestDigest);

/**
 * The nearest key that MLflow takes: letters, digits, `_ - . space /`, at most 250 characters, a normalised relative path.
 * Others become `_` (`:` too, which servers on Windows refuse); a cut key ends with a hash of the whole.
 */
export function sanitizeKey(key: string): string {
  const segments = key
    .replace(/[^\p{L}\p{N}_\-. /]/gu, '_')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .map((segment) => (segment === '..' ? '__' : segment));
  const clean = segments.join('/') || '_';
  return clean.length <= longestKey ? clean : `${clean.slice(0, longestKey - 9).replace(/[\p{Surrogate}/]$/u, '')}-${shortHash(key)}`;
}

/** A number as the server reads it: bare NaN or Infinity in the body would be stored as 0 at step 0, null is refused. */
export function metricValue(value: number): number | 'NaN' | 'Infinity' | '-Infinity' {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return 'Infinity';
  return value === -Infinity ? '-Infinity' : value;
}
