import { columnHead, formatValue, typographicNumbers } from '../format-number.js';
import type { ScoreGrid } from '../score-grid.js';
import { html, type Markup } from './markup.js';
import { linearScale } from './scale.js';
import { blindDash, seriesColour } from './series-colour.js';

const rowHeight = 24;
const headHeight = 26;
const longest = 20;

/** A long label without its middle: settings of one sweep differ at their ends. */
function shortened(label: string): string {
  const letters = [...label];
  if (letters.length <= longest) return label;
  return `${letters.slice(0, 8).join('')}\u2026${letters.slice(9 - longest).join('')}`;
}

function axis(scale: ReturnType<typeof linearScale>, top: number, bottom: number): Markup {
  return html`${scale.ticks.map((tick) => {
    const x = scale.at(tick);
    return html`<line class="grid" x1="${x}" x2="${x}" y1="${top}" y2="${bottom}" /><text
        class="tick"
        x="${x}"
        y="${bottom + 15}"
        text-anchor="middle"
      >
        ${formatValue(tick, scale.digits, typographicNumbers)}
      </text>`;
  })}`;
}

/**
 * Dots with 95 % intervals, one row a setting, hollow dots for its seeds, dashed lines for blind baselines. Several columns of the
 * grid (kinds of clips) stand under one another on one axis.
 */
export function dotPlot(grid: ScoreGrid, columns: readonly number[], digits: number, width: number): Markup {
  const grouped = columns.length > 1;
  const left = Math.min(150, 14 + 6.6 * Math.max(...grid.rows.map(({ label }) => [...shortened(label)].length)));
  const blockHeight = (grouped ? headHeight : 4) + grid.rows.length * rowHeight;
  const bottom = columns.length * blockHeight + 4;
  const values = columns.flatMap((column) => [
    ...grid.rows.flatMap(({ cells }) => {
      const { estimate, seeds } = cells[column]!;
      return estimate ? [estimate.value, ...(estimate.interval ?? []), ...seeds] : [];
    }),
    ...grid.blind.flatMap(({ values }) => values[column] ?? []),
  ]);
  // A tick's label takes about 40 pixels.
  const scale = linearScale(values, left + 8, width - 52, Math.max(3, Math.min(5, Math.floor((width - 60 - left) / 40))));
  const block = (column: number, index: number) => {
    const top = index * blockHeight + (grouped ? headHeight : 4);
    const blind = grid.blind.map(({ label, values }, which) => {
      const value = values[column];
      if (value === null || value === undefined) return null;
      const x = scale.at(value);
      const end = top + grid.rows.length * rowHeight;
      return html`<line class="blind" x1="${x}" x2="${x}" y1="${top}" y2="${end}" stroke-dasharray="${blindDash(which)}">
        <title>${label}: ${formatValue(value, digits, typographicNumbers)}</title>
      </line>`;
    });
    const rows = grid.rows.map(({ label, cells }, row) => {
      const { estimate, seeds } = cells[column]!;
      const y = top + (row + 0.5) * rowHeight;
      const name = html`<text class="name" x="0" y="${y + 4}">${shortened(label)}<title>${label}</title></text>`;
      if (!estimate) return html`${name}<text class="tick" x="${left + 8}" y="${y + 4}">no value</text>`;
      const { value, interval } = estimate;
      const colour = seriesColour(row);
      return html`${name}${
          interval &&
          html`<line
            x1="${scale.at(interval[0])}"
            x2="${scale.at(interval[1])}"
            y1="${y}"
            y2="${y}"
            stroke-width="2.5"
            style="stroke:${colour}"
          />`
        }${
          seeds.length > 1 &&
          seeds.map((seed) => html`<circle class="seed" cx="${scale.at(seed)}" cy="${y}" r="2.5" style="stroke:${colour}" />`)
        }<circle cx="${scale.at(value)}" cy="${y}" r="4.5" style="fill:${colour}" /><text
          class="value"
          x="${width}"
          y="${y + 4}"
          text-anchor="end"
          >${formatValue(value, digits, typographicNumbers)}</text
        >`;
    });
    const head = grouped && html`<text class="group" x="0" y="${top - 8}">${columnHead(grid.columns[column]!)}</text>`;
    return html`${head}${blind}${rows}`;
  };
  const { score } = grid.columns[columns[0]!]!;
  return html`<svg
    viewBox="0 0 ${width} ${bottom + 20}"
    width="${width}"
    height="${bottom + 20}"
    role="img"
    aria-label="${score} of each setting with its 95 % interval; the table holds the same numbers"
  >
    ${axis(scale, 0, bottom)}${columns.map(block)}
  </svg>`;
}
