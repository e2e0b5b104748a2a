import { type Canvas, createCanvas, type Image } from '@napi-rs/canvas';

/** Pixels between the cells, transparent. */
const gap = 4;

/** Pictures of any size in cells of the largest one's, row by row. */
export function sheet(pictures: readonly (Canvas | Image)[], columns: number): Canvas {
  const across = Math.max(1, Math.min(columns, pictures.length));
  const cell = { width: Math.max(...pictures.map(({ width }) => width)), height: Math.max(...pictures.map(({ height }) => height)) };
  const down = Math.ceil(pictures.length / across);
  const canvas = createCanvas(across * (cell.width + gap) - gap, down * (cell.height + gap) - gap);
  const context = canvas.getContext('2d');
  pictures.forEach((picture, index) => {
    const x = (index % across) * (cell.width + gap);
    const y = Math.floor(index / across) * (cell.height + gap);
    context.drawImage(picture, x, y);
  });
  return canvas;
}
