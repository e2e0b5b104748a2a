import { displayWidth, plainText } from '../progress/display-width.js';

/** How a piece of text is coloured; the identity where there is no colour. */
export type Paint = (text: string) => string;

export interface TextCell {
  text: string;
  paint?: Paint;
}

export interface TextColumn {
  head: string;
  /** One a row. */
  cells: readonly TextCell[];
  align: 'left' | 'right';
}

const gap = '  ';

function padded({ text, paint }: TextCell, width: number, align: 'left' | 'right'): string {
  const clean = plainText(text);
  const space = ' '.repeat(Math.max(0, width - displayWidth(clean)));
  const shown = paint ? paint(clean) : clean;
  return align === 'left' ? shown + space : space + shown;
}

/**
 * Lines of a table whose first column names the rows. Columns that do not fit into `width` go to further blocks under it, each with
 * the first column again and a blank line before.
 */
export function textColumns(names: TextColumn, columns: readonly TextColumn[], width: number, headPaint?: Paint): string[] {
  const widthOf = ({ head, cells }: TextColumn) =>
    Math.max(...[head, ...cells.map(({ text }) => text)].map((text) => displayWidth(plainText(text))));
  const blocks: TextColumn[][] = [];
  let left = 0;
  for (const column of columns) {
    const needed = gap.length + widthOf(column);
    if (blocks.length === 0 || needed > left) {
      blocks.push([]);
      left = width - widthOf(names);
    }
    blocks.at(-1)!.push(column);
    left -= needed;
  }
  return blocks.flatMap((block, index) => {
    const all = [names, ...block];
    const widths = all.map(widthOf);
    const line = (cells: readonly TextCell[]) =>
      cells
        .map((cell, i) => padded(cell, widths[i]!, all[i]!.align))
        .join(gap)
        .trimEnd();
    return [
      ...(index > 0 ? [''] : []),
      line(all.map(({ head }) => ({ text: head, paint: headPaint }))),
      ...names.cells.map((_, row) => line(all.map(({ cells }) => cells[row]!))),
    ];
  });
}

/** Words of a text in lines of at most `width` columns; lines after the first are indented by two. A longer word stands alone. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of plainText(text).split(/\s+/).filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && displayWidth(last) + 1 + displayWidth(word) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(last === undefined ? word : `  ${word}`);
  }
  return lines;
}
