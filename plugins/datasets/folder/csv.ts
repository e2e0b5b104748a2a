import { Fault } from 'mienlab/faults';
import type { Row } from './rows.js';

interface Cell {
  text: string;
  line: number;
}

/**
 * Comma-separated values as in RFC 4180: cells may stand in double quotes, which are doubled inside, and then hold commas and line breaks. The first
 * row names the columns; empty cells are left out, and so are empty lines. Throws Fault DATASET_INVALID with the line.
 */
export function parseCsv(text: string, source: string): Row[] {
  const [header, ...rows] = splitCsv(text, source);
  if (!header) return [];
  const names = header.map((cell) => cell.text.trim());
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw invalid(source, 1, `two columns are called "${twice}"`, 'every column once');
  return rows.map((cells) => {
    const line = cells[0]!.line;
    if (cells.length !== names.length) {
      throw invalid(source, line, `${cells.length} cells where the header has ${names.length}`, 'commas inside a caption only where it stands in double quotes'); // prettier-ignore
    }
    return { where: { source, line }, values: Object.fromEntries(cells.flatMap(({ text: cell }, i) => (cell ? [[names[i]!, cell]] : []))) };
  });
}

function invalid(source: string, line: number, message: string, expected: string): Fault {
  return new Fault('DATASET_INVALID', message, { where: { source, line }, expected });
}

function splitCsv(text: string, source: string): Cell[][] {
  const rows: Cell[][] = [];
  let row: Cell[] = [];
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const start = line;
    let cell = '';
    if (text[at] === '"') {
      for (at++; text[at] !== '"' || text[at + 1] === '"'; at++) {
        if (at >= text.length) throw invalid(source, start, 'a double quote is opened and never closed', 'a closing double quote');
        if (text[at] === '\n') line++;
        if (text[at] === '"') at++;
        cell += text[at];
      }
      at++;
      if (at < text.length && !/[,\r\n]/.test(text[at]!)) {
        throw invalid(
          source,
          line,
          `"${text[at]}" after a closing double quote`,
          'a comma or the end of the line; double quotes inside are doubled',
        );
      }
    } else {
      const end = /[,\n]|\r\n|$/.exec(text.slice(at))!.index;
      cell = text.slice(at, at + end);
      at += end;
    }
    row.push({ text: cell, line: start });
    if (text[at] === '\r') at++;
    if (text[at] === ',') {
      at++;
      // A comma at the very end opens one more, empty cell.
      if (at >= text.length) row.push({ text: '', line });
      else continue;
    }
    if (row.length > 1 || row[0]!.text) rows.push(row);
    row = [];
    at++;
    line++;
  }
  return rows;
}
