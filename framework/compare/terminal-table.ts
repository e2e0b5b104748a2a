import type { Analysis } from './analysis.js';
import { claimSentences } from './claim-text.js';
import type { ComparedRun, Comparison } from './comparison.js';
import { footnotes, starNote } from './footnotes.js';
import { asciiNumbers, columnHead, digitsOf, formatDifference, formatInterval, formatQuantity, formatValue } from './format-number.js';
import { meanOfRuns } from './mean-of-runs.js';
import type { Cell, ScoreGrid } from './score-grid.js';
import { type Paint, type TextCell, type TextColumn, textColumns, wrapText } from './text-columns.js';

export interface TerminalTableOptions {
  /** Columns of the terminal. Default 120. */
  width?: number;
  /** Default false; `colourWanted` tells for a stream. */
  colour?: boolean;
}

/** True for a terminal whose user has not set NO_COLOR (no-color.org). */
export function colourWanted(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): boolean {
  return stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

interface Paints {
  head: Paint;
  quiet: Paint;
  better: Paint;
  worse: Paint;
}

function paints(colour: boolean): Paints {
  const sgr = (on: number, off: number): Paint => (colour ? (text) => `\u001b[${on}m${text}\u001b[${off}m` : (text) => text);
  return { head: sgr(1, 22), quiet: sgr(2, 22), better: sgr(32, 39), worse: sgr(31, 39) };
}

function scoreCell(cell: Cell, digits: number, first: boolean, higherIsBetter: boolean, paint: Paints): TextCell {
  if (!cell.estimate) return { text: '-' };
  const { value, interval } = cell.estimate;
  const text = formatValue(value, digits, asciiNumbers);
  if (first || !cell.difference) return { text: interval ? `${text} ${formatInterval(interval, digits, asciiNumbers)}` : text };
  const { value: difference, differs } = cell.difference;
  const better = difference > 0 === higherIsBetter;
  return {
    text: `${text} ${formatDifference(difference, digits, asciiNumbers)}${differs ? ' *' : ''}`,
    paint: differs ? (better ? paint.better : paint.worse) : undefined,
  };
}

/** Puts the decimal points of the values under one another. */
function pointAligned(cells: readonly TextCell[]): TextCell[] {
  const most = Math.max(...cells.map(({ text }) => text.indexOf('.')));
  return cells.map((cell) => (cell.text === '-' ? cell : { ...cell, text: ' '.repeat(most - cell.text.indexOf('.')) + cell.text }));
}

function scoreColumns(grid: ScoreGrid, paint: Paints): TextColumn[] {
  return grid.columns.map((column, index) => {
    // Kinds of one score share their digits; scores have their own.
    const digits = digitsOf(grid, column.kind === undefined ? [index] : [...grid.columns.keys()]);
    const blind = grid.blind.map(({ values }): TextCell => {
      const value = values[index];
      return { text: value === null || value === undefined ? '-' : formatValue(value, digits, asciiNumbers), paint: paint.quiet };
    });
    const rows = grid.rows.map(({ cells }, row) => scoreCell(cells[index]!, digits, row === 0, column.higherIsBetter, paint));
    return { head: columnHead(column), cells: pointAligned([...rows, ...blind]), align: 'left' };
  });
}

function costColumns(comparison: Comparison, grid: ScoreGrid): TextColumn[] {
  const column = (head: string, of: (run: ComparedRun) => number | null, digits?: number): TextColumn => ({
    head,
    align: 'right',
    cells: [
      ...comparison.settings.map(({ runs }) => {
        const value = meanOfRuns(runs, of);
        return { text: value === null ? '-' : digits === undefined ? formatQuantity(value) : value.toFixed(digits) };
      }),
      ...grid.blind.map(() => ({ text: '-' })),
    ],
  });
  return [
    column('visual tokens', (run) => run.visualTokens),
    column('face tokens', (run) => run.faceTokens),
    column('s/clip', (run) => run.secondsPerClip, 2),
  ];
}

function names(comparison: Comparison, grid: ScoreGrid, paint: Paints): TextColumn {
  const cells = [
    ...grid.rows.map(({ label }) => ({ text: label })),
    ...grid.blind.map(({ label }) => ({ text: label, paint: paint.quiet })),
  ];
  return { head: comparison.compared, cells, align: 'left' };
}

function heading(comparison: Comparison): string {
  const counts = new Set(comparison.settings.map(({ runs }) => runs.length));
  const [count] = counts;
  const plural = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`;
  const runs =
    counts.size === 1 ? ` x ${plural(count!, 'seed')}` : ` with ${plural(comparison.settings.flatMap(({ runs }) => runs).length, 'run')}`;
  const baseline = comparison.settings[0] ? ` - baseline: ${comparison.settings[0].label}` : '';
  return `${comparison.name} - ${plural(comparison.settings.length, 'setting')}${runs} - ${plural(comparison.clips.length, 'test clip')}${baseline}`;
}

/** Those asked for in full; the names of others whose values differ between kinds. */
function breakdowns(comparison: Comparison, analysis: Analysis, width: number, paint: Paints): string[] {
  const notes = (text: string) => wrapText(text, width).map(paint.quiet);
  const lines = analysis.breakdowns.flatMap(({ score, grid, asked }) => {
    if (!asked) return [];
    const withBlind = { ...grid, blind: grid.blind.filter(({ values }) => values.some((value) => value !== null)) };
    const table = textColumns(names(comparison, withBlind, paint), scoreColumns(withBlind, paint), width, paint.head);
    return [
      '',
      paint.head(`${score} by clip kind (clips)`),
      ...table,
      ...starNote(grid, comparison.settings[0]?.label ?? '').flatMap(notes),
    ];
  });
  const others = analysis.breakdowns.filter(({ asked, differs }) => differs && !asked).map(({ score }) => score);
  if (others.length > 0)
    lines.push(...notes(`Between clip kinds, intervals also lie apart for ${others.join(', ')}: the report breaks them down`));
  const unkinded = comparison.clips.filter(({ kind }) => kind === undefined).length;
  if (lines.length > 0 && unkinded > 0) lines.push(...notes(`${unkinded} clips have no kind and stand in no break-down`));
  return lines;
}

/** The comparison as text for a terminal: the main table, the break-downs by clip kind, what came of the claims, footnotes. */
export function terminalTable(comparison: Comparison, analysis: Analysis, options: TerminalTableOptions = {}): string {
  const width = options.width ?? 120;
  const paint = paints(options.colour ?? false);
  const notes = (texts: readonly string[]) => texts.flatMap((text) => wrapText(text, width)).map(paint.quiet);
  const { main } = analysis;
  const lines = [
    ...wrapText(heading(comparison), width).map(paint.head),
    ...textColumns(names(comparison, main, paint), [...scoreColumns(main, paint), ...costColumns(comparison, main)], width, paint.head),
    ...notes(footnotes(comparison, analysis)),
    ...notes(analysis.details ? [`In the report: ${analysis.details.columns.map(({ score }) => score).join(', ')}`] : []),
  ];
  lines.push(...breakdowns(comparison, analysis, width, paint));
  for (const result of analysis.claims) {
    lines.push('', ...wrapText(`claim: ${result.claim.statement}`, width).map(paint.head));
    for (const { numbers, conclusion } of claimSentences(result, asciiNumbers)) lines.push(...wrapText(`${numbers} ${conclusion}`, width));
    lines.push(...notes(result.claim.caveat ? [result.claim.caveat] : []));
  }
  return `${lines.join('\n')}\n`;
}
