import { extname } from 'node:path';
import type { Split } from 'mienlab/contracts';
import { Fault, nearest, type Place } from 'mienlab/faults';
import type { Row } from './rows.js';

/** What is known of a clip when its row has been checked. */
export interface ClipRow {
  where: Place;
  /** As the file has it. */
  video: string;
  references: string[];
  id?: string;
  instruction?: string;
  split?: Split;
  kind?: string;
  emotion?: string;
}

export const columns = ['video', 'caption', 'instruction', 'split', 'id', 'kind', 'emotion'] as const;
const splits = ['train', 'validation', 'test'] as const;

/** Checks one row; all that is wrong goes to `faults`. Undefined where something is. */
export function checkRow({ where, values }: Row, faults: Fault[]): ClipRow | undefined {
  const before = faults.length;
  const wrong = (message: string, expected: string, more: { nearest?: string } = {}) => {
    faults.push(new Fault('DATASET_INVALID', message, { where, expected, ...more }));
  };
  const text = (name: string): string | undefined => {
    const value = values[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string' && value.trim()) return value.trim();
    wrong(`its ${name} is ${JSON.stringify(value)}`, 'a text that is not empty');
    return undefined;
  };
  if (values['video'] === undefined) {
    const meant = nearest('video', Object.keys(values));
    wrong(`the clip has no video${meant ? `, but "${meant}"` : ''}`, 'a path under "video"');
  }
  const video = text('video');
  const split = text('split');
  if (split !== undefined && !splits.includes(split as Split)) {
    wrong(`there is no split "${split}"`, `one of ${splits.join(', ')}`, { nearest: nearest(split, splits) });
  }
  const id = typeof values['id'] === 'number' ? String(values['id']) : text('id');
  if (id !== undefined && !/^[A-Za-z0-9._-]+$/.test(id)) wrong(`its id is "${id}"`, 'letters, digits, "-", "_" and "." only');
  const references = checkCaptions(values['caption'], wrong);
  const [instruction, kind, emotion] = [text('instruction'), text('kind'), text('emotion')];
  if (faults.length > before) return undefined;
  return { where, video: video!, references, id, instruction, split: split as Split | undefined, kind, emotion };
}

function checkCaptions(value: unknown, wrong: (message: string, expected: string) => void): string[] {
  if (value === undefined || value === null) return [];
  const captions = Array.isArray(value) ? (value as unknown[]) : [value];
  const bad = captions.find((caption) => typeof caption !== 'string' || !caption.trim());
  if (bad !== undefined) wrong(`a caption is ${JSON.stringify(bad)}`, 'a text that is not empty, or a list of such texts');
  return bad === undefined ? (captions as string[]).map((caption) => caption.trim()) : [];
}

/** An id made of a path: without its ending, everything but letters, digits, `-`, `_` and `.` as `-`. */
export function idOf(video: string): string {
  const stem = video.slice(0, video.length - extname(video).length);
  return stem.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[-.]+/, '') || 'clip';
}
