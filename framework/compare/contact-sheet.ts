import { loadImage } from '@napi-rs/canvas';
import { Fault } from '../faults/index.js';
import { sheet } from './sheet.js';

/** Several pictures (PNG and what else a browser reads) as one PNG, row by row in cells of the largest one's size. */
export async function contactSheet(images: readonly Buffer[], columns = 1): Promise<Buffer> {
  if (images.length === 0)
    throw new Fault('RUN_FAILED', 'a contact sheet was asked for without pictures', { expected: 'one or more pictures' });
  return sheet(await Promise.all(images.map((image) => loadImage(image))), columns).encode('png');
}
