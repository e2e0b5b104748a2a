export type PaddingSide = 'left' | 'right';

export interface PaddedRows {
  rows: number;
  length: number;
  /** [rows * length]. */
  ids: Int32Array;
  /** [rows * length]: 1 where there is a token, 0 where there is padding. */
  mask: Int32Array;
}

/** Rows of ids brought to one length: the longest, rounded up to a multiple. */
export function padRows(
  rows: readonly (readonly number[])[],
  { side, pad, multipleOf = 1 }: { side: PaddingSide; pad: number; multipleOf?: number | undefined },
): PaddedRows {
  const longest = rows.reduce((most, row) => Math.max(most, row.length), 0);
  const length = Math.ceil(longest / multipleOf) * multipleOf;
  const ids = new Int32Array(rows.length * length).fill(pad);
  const mask = new Int32Array(rows.length * length);
  rows.forEach((row, i) => {
    const start = i * length + (side === 'left' ? length - row.length : 0);
    ids.set(row, start);
    mask.fill(1, start, start + row.length);
  });
  return { rows: rows.length, length, ids, mask };
}
