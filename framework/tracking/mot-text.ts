import { readFileSync } from 'node:fs';
import type { Box } from '../contracts/index.js';
import { Fault, FaultList } from '../faults/index.js';

/** One box of one frame, as a line of MOTChallenge text has it: `frame, id, x, y, width, height, score, ...`. */
export interface MotRow {
  /** From 1. */
  frame: number;
  /** Whole. */
  id: number;
  /** Pixels. */
  box: Box;
  /** The seventh value; 1 where there is none. */
  score: number;
}

interface ReadOptions {
  /** How messages name the file. */
  source: string;
  /** Number of frames; a row of a later frame is a fault. */
  frames?: number;
  /** The rows are detections: an id of -1 says that none is known, and may stand in a frame more than once. */
  detections?: boolean;
}

/** Faults of one file that are shown; more say nothing new. */
const shown = 20;
const columns = ['frame', 'id', 'x', 'y', 'width', 'height', 'score'];

/** What is wrong with a row's values, or undefined. */
function complaint(cells: readonly string[], values: readonly number[], frames: number): { message: string; expected: string } | undefined {
  const form = 'frame, id, x, y, width, height, with commas between';
  if (cells.length < 6) return { message: `it has ${cells.length} values`, expected: form };
  const bad = values.findIndex((value, i) => !Number.isFinite(value) || cells[i]!.trim() === '');
  if (bad >= 0) return { message: `"${cells[bad]!.trim()}" is no ${columns[bad]}`, expected: 'a number' };
  const [frame, id, , , width, height] = values as [number, number, number, number, number, number];
  if (!Number.isInteger(frame) || frame < 1) return { message: `there is no frame ${frame}`, expected: 'a whole number from 1' };
  if (frame > frames) return { message: `frame ${frame} is out of range`, expected: `1 to ${frames}` };
  if (!Number.isInteger(id)) return { message: `${id} is no id`, expected: 'a whole number' };
  if (width < 0 || height < 0) return { message: `a box of ${width} x ${height} pixels`, expected: 'no negative size' };
  return undefined;
}

/**
 * Rows of MOTChallenge text in the order of the file. Blank lines are passed over, frames without rows are frames without faces, values after
 * the seventh are not used.
 * @throws FaultList of TRACKS_INVALID with file and line: values that are missing or no numbers, frames below 1 or beyond `frames`, negative
 *   sizes, one id twice in a frame
 */
export function readMot(text: string, { source, frames = Infinity, detections = false }: ReadOptions): MotRow[] {
  const rows: MotRow[] = [];
  const faults: Fault[] = [];
  const lineOf = new Map<string, number>();
  text.split(/\r?\n/).forEach((content, index) => {
    if (content.trim() === '') return;
    const line = index + 1;
    const cells = content.split(',');
    const values = cells.slice(0, 7).map(Number);
    const fault = (message: string, details: Fault['details']) =>
      faults.push(new Fault('TRACKS_INVALID', message, { where: { source, line }, ...details }));
    const wrong = complaint(cells, values, frames);
    if (wrong) return fault(wrong.message, { expected: wrong.expected });
    const [frame, id, x, y, width, height, score = 1] = values as [number, number, number, number, number, number, number?];
    const key = `${frame} ${id}`;
    const first = detections && id === -1 ? undefined : lineOf.get(key);
    if (first !== undefined) {
      const hint = id === -1 ? 'ids of -1 stand in files of detections; tracks have ids of their own' : undefined;
      return fault(`id ${id} is in frame ${frame} already (line ${first})`, { expected: 'an id once in a frame', ...(hint && { hint }) });
    }
    lineOf.set(key, line);
    rows.push({ frame, id, box: { x, y, width, height }, score });
  });
  if (faults.length > shown)
    faults.splice(shown, Infinity, new Fault('TRACKS_INVALID', `and ${faults.length - shown} faults more`, { where: { source } }));
  if (faults.length) throw faults.length === 1 ? faults[0]! : new FaultList(faults);
  return rows;
}

/** `readMot` of a file; `source` is its path. Throws TRACKS_INVALID also where it cannot be read. */
export function readMotFile(path: string, options: Partial<ReadOptions> = {}): MotRow[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (cause) {
    const { message } = cause as Error;
    throw new Fault('TRACKS_INVALID', `it cannot be read: ${message}`, { where: { source: path }, expected: 'MOTChallenge text', cause });
  }
  return readMot(text, { source: path, ...options });
}

const short = (value: number) => String(Math.round(value * 1000) / 1000);

/** MOTChallenge text of rows, by frame and then by id: ten values a line, pixels to 3 decimals. */
export function writeMot(rows: readonly MotRow[]): string {
  return [...rows]
    .sort((a, b) => a.frame - b.frame || a.id - b.id)
    .map(
      ({ frame, id, box: { x, y, width, height }, score }) =>
        `${[frame, id, ...[x, y, width, height, score].map(short)].join(',')},-1,-1,-1\n`,
    )
    .join('');
}
