import type { Column, Estimate, ScoreGrid } from './score-grid.js';

/** How signs are written: ASCII in terminals, typographic in HTML. */
export interface NumberStyle {
  minus: string;
  /** Between the ends of an interval. */
  separator: string;
}

export const asciiNumbers: NumberStyle = { minus: '-', separator: ' ' };
export const typographicNumbers: NumberStyle = { minus: '\u2212', separator: ', ' };

export function formatValue(value: number, digits: number, style: NumberStyle): string {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? style.minus + text : text;
}

/** With its sign, also where it is positive. */
export function formatDifference(value: number, digits: number, style: NumberStyle): string {
  const text = formatValue(value, digits, style);
  return value < 0 || Number(text) === 0 ? text : `+${text}`;
}

export function formatInterval(interval: [number, number], digits: number, style: NumberStyle): string {
  return `[${interval.map((end) => formatValue(end, digits, style)).join(style.separator)}]`;
}

/** `0.012`, or `< 0.001`. */
export function formatP(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** Digits after the point for some columns: 2, or 3 where one of their intervals is narrower than .02 and two would hide it. */
export function digitsOf(grid: ScoreGrid, columns: readonly number[]): number {
  const narrow = ({ interval }: Estimate) => interval !== null && interval[1] > interval[0] && interval[1] - interval[0] < 0.02;
  const cells = grid.rows.flatMap(({ cells }) => columns.map((column) => cells[column]!));
  return cells.some(({ estimate, difference }) => [estimate, difference].some((some) => some && narrow(some))) ? 3 : 2;
}

/** Of one quantity over runs: a whole number as such, others with two digits after the point. */
export function formatQuantity(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}

/** The head of a score's column. */
export function columnHead(column: Column): string {
  return column.kind === undefined ? column.score : `${column.kind} (${column.clips})`;
}
