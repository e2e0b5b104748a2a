import type { Comparison } from '../comparison.js';
import {
  columnHead,
  digitsOf,
  formatDifference,
  formatInterval,
  formatQuantity,
  formatValue,
  typographicNumbers as style,
} from '../format-number.js';
import { meanOfRuns } from '../mean-of-runs.js';
import type { Cell, Column, ScoreGrid } from '../score-grid.js';
import { html, type Markup } from './markup.js';
import { seriesColour } from './series-colour.js';

function scoreCell({ estimate, difference }: Cell, column: Column, digits: number): Markup {
  if (!estimate) return html`<td>–</td>`;
  const direction = difference?.differs ? (difference.value > 0 === column.higherIsBetter ? 'better' : 'worse') : '';
  const interval = difference?.interval ? ` ${formatInterval(difference.interval, digits, style)}` : '';
  return html`<td>
    <span class="value">${formatValue(estimate.value, digits, style)}</span>${
      estimate.interval && html`<span class="interval">${formatInterval(estimate.interval, digits, style)}</span>`
    }${
      difference &&
      html`<span class="difference ${direction}"
        >${formatDifference(difference.value, digits, style)}${difference.differs ? '*' : ''}<span class="interval">${interval}</span></span
      >`
    }
  </td>`;
}

function costs(comparison: Comparison): { head: string; cells: string[] }[] {
  const cells = (of: Parameters<typeof meanOfRuns>[1], text: (value: number) => string) =>
    comparison.settings.map(({ runs }) => {
      const value = meanOfRuns(runs, of);
      return value === null ? '\u2013' : text(value);
    });
  return [
    { head: 'visual tokens', cells: cells((run) => run.visualTokens, formatQuantity) },
    { head: 'face tokens', cells: cells((run) => run.faceTokens, formatQuantity) },
    {
      head: 's/clip',
      cells: cells(
        (run) => run.secondsPerClip,
        (value) => value.toFixed(3),
      ),
    },
  ];
}

/** Scores of every setting with intervals and differences, the blind baselines under them; with tokens and time where `withCosts`. */
export function scoreTable(comparison: Comparison, grid: ScoreGrid, caption: string, withCosts: boolean): Markup {
  const digits = grid.columns.map(({ kind }, index) => digitsOf(grid, kind === undefined ? [index] : [...grid.columns.keys()]));
  const extra = withCosts ? costs(comparison) : [];
  const head = grid.columns.map(
    (column) => html`<th scope="col">${columnHead(column)}${!column.higherIsBetter && html`<small>lower is better</small>`}</th>`,
  );
  const rows = grid.rows.map(
    ({ label, cells }, row) =>
      html`<tr>
        <th scope="row"><span class="swatch" style="background:${seriesColour(row)}"></span>${label}</th>
        ${cells.map((cell, index) => scoreCell(cell, grid.columns[index]!, digits[index]!))}${extra.map(({ cells }) => html`<td>${cells[row]}</td>`)}
      </tr>`,
  );
  const blind = grid.blind
    .filter(({ values }) => values.some((value) => value !== null))
    .map(
      ({ label, values }) =>
        html`<tr class="blind">
          <th scope="row">${label}</th>
          ${values.map((value, index) => html`<td>${value === null ? '\u2013' : formatValue(value, digits[index]!, style)}</td>`)}${extra.map(() => html`<td>–</td>`)}
        </tr>`,
    );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          <th scope="col">${comparison.compared}</th>
          ${head}${extra.map(({ head }) => html`<th scope="col">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}${blind}
      </tbody>
    </table>
  </div>`;
}
