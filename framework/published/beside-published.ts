import { asciiNumbers, formatInterval, formatValue } from '../compare/format-number.js';
import { type TextCell, type TextColumn, textColumns, wrapText } from '../compare/text-columns.js';
import type { OwnRow } from './own-rows.js';
import type { PublishedTable } from './published-table.js';

/** Stands before every published row, and nowhere else. */
const mark = '(p) ';

/** Own scores with a column of their own: they look like a published one, and are not. */
const apart = [{ name: 'TEM-reconstr.', score: 'tem', digits: 3 }];

/** Own rows above the published ones, which carry a mark, with sources and all that is not known of them. */
export function besidePublished(table: PublishedTable, own: readonly OwnRow[], width: number): string {
  const shown = own.some(({ scores }) => 'tem' in scores) ? [...table.columns, ...apart] : table.columns;
  const text = (cell: string): TextCell => ({ text: cell });
  const sources = Object.keys(table.sources);
  const cell = (row: OwnRow, score: string | null, digits: number) => {
    const found = score === null ? undefined : row.scores[score];
    if (!found) return '-';
    return (
      formatValue(found.value, digits, asciiNumbers) + (found.interval ? ` ${formatInterval(found.interval, digits, asciiNumbers)}` : '')
    );
  };
  const columns = shown.map(({ name, score, digits }): TextColumn => ({
    head: name,
    align: 'left',
    cells: [
      ...own.map((row) => text(cell(row, score, digits))),
      ...table.rows.map(({ values }) => text(values[name] === undefined ? '-' : formatValue(values[name], digits, asciiNumbers))),
    ],
  }));
  const names: TextColumn = {
    head: table.benchmark,
    align: 'left',
    cells: [
      ...own.map(({ label }) => text(label)),
      ...table.rows.map(({ model, source }) => text(`${mark}${model} [${sources.indexOf(source) + 1}]`)),
    ],
  };
  const notes = [
    ...own.map(({ label, n, notes, file }) => `${label}: own, ${n} clips, ${[...notes, file].join('; ')}`),
    `${mark}published by others and shown as printed: no row of theirs was computed here, and none can be compared with an own row before all of this is known`,
    ...table.caveats,
    ...Object.values(table.sources).map(({ what, url }, i) => `[${i + 1}] ${what}: ${url}`),
    ...table.rows.flatMap(({ model, note }) => (note ? [`${mark}${model}: ${note}`] : [])),
  ];
  return [...textColumns(names, columns, width), '', ...notes.flatMap((note) => wrapText(note, width))].join('\n');
}
