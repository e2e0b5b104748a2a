import type { Analysis, Breakdown } from '../analysis.js';
import { claimSentences } from '../claim-text.js';
import type { Comparison } from '../comparison.js';
import { footnotes, starNote } from '../footnotes.js';
import { digitsOf, typographicNumbers } from '../format-number.js';
import { dotPlot } from './dot-plot.js';
import type { ScoreGrid } from '../score-grid.js';
import { html, type Markup } from './markup.js';
import { scoreTable } from './score-table.js';
import { blindDash, seriesColour } from './series-colour.js';

const verdicts = { shown: 'Shown', opposite: 'Opposite', 'not settled': 'Not settled', 'not tested': 'Not tested' };

const list = (notes: readonly string[]) =>
  notes.length > 0 &&
  html`<ul class="notes">
    ${notes.map((note) => html`<li>${note}</li>`)}
  </ul>`;

export function claimSection({ claims }: Analysis): Markup | null {
  if (claims.length === 0) return null;
  return html`<section>
    <h2>What came out</h2>
    ${claims.map(
      (result) =>
        html`<div class="claim">
          <h3>Claim: ${result.claim.statement}</h3>
          ${claimSentences(result, typographicNumbers).map(
            ({ verdict, numbers, conclusion }) =>
              html`<dl class="verdict">
                <dt class="${verdict.replace(' ', '-')}">${verdicts[verdict]}</dt>
                <dd>${numbers} ${conclusion}</dd>
              </dl>`,
          )}${result.claim.caveat && html`<p class="quiet">${result.claim.caveat}</p>`}
        </div>`,
    )}
  </section>`;
}

/** As many scores as fit beside one another on the page, tokens and time with them. */
const mostColumns = 7;

/** A grid cut into grids of at most `most` columns each, of about the same number. */
function columnBlocks(grid: ScoreGrid, most: number): ScoreGrid[] {
  const blocks = Math.max(1, Math.ceil(grid.columns.length / most));
  const size = Math.ceil(grid.columns.length / blocks);
  return Array.from({ length: blocks }, (_, index) => {
    const [from, to] = [index * size, (index + 1) * size];
    return {
      ...grid,
      columns: grid.columns.slice(from, to),
      rows: grid.rows.map(({ label, cells }) => ({ label, cells: cells.slice(from, to) })),
      blind: grid.blind.map(({ label, values }) => ({ label, values: values.slice(from, to) })),
    };
  });
}

export function tableSection(comparison: Comparison, analysis: Analysis): Markup {
  const caption = 'Value and 95 % interval over clips; under it the paired difference from the first row with its interval.';
  const blocks = columnBlocks(analysis.main, mostColumns);
  return html`<section>
    <h2>Scores</h2>
    ${blocks.map((block, index) => scoreTable(comparison, block, index === 0 ? caption : 'Further scores.', index === blocks.length - 1))}
    ${list(footnotes(comparison, analysis))}
    ${
      analysis.details &&
      html`<details>
        <summary>Parts of scores: ${analysis.details.columns.map(({ score }) => score).join(', ')}</summary>
        ${columnBlocks(analysis.details, mostColumns).map((block) => scoreTable(comparison, block, 'Parts of scores, corrected among themselves.', false))}
      </details>`
    }
  </section>`;
}

function plotLegend(comparison: Comparison, severalSeeds: boolean): Markup {
  return html`<p class="legend">
    ${comparison.settings.map(
      ({ label }, index) => html`<span><span class="swatch" style="background:${seriesColour(index)}"></span>${label}</span>`,
    )}${comparison.blind.map(
      ({ label }, index) =>
        html`<span
          ><svg width="22" height="8" aria-hidden="true">
            <line class="blind" x1="0" x2="22" y1="4" y2="4" stroke-dasharray="${blindDash(index)}" /></svg
          >${label}</span
        >`,
    )}${severalSeeds && html`<span>hollow: one seed</span>`}<span>lines: 95 % interval over clips</span>
  </p>`;
}

const severalSeeds = ({ settings }: Comparison) => settings.some(({ runs }) => runs.length > 1);

export function plotSection(comparison: Comparison, { main }: Analysis): Markup {
  return html`<section>
    <h2>Scores at a glance</h2>
    ${plotLegend(comparison, severalSeeds(comparison))}
    <div class="plots">
      ${main.columns.map(
        ({ score, higherIsBetter }, index) =>
          html`<figure>
            <figcaption><strong>${score}</strong>${!higherIsBetter && ' (lower is better)'}</figcaption>
            ${dotPlot(main, [index], digitsOf(main, [index]), 330)}
          </figure>`,
      )}
    </div>
    <p class="quiet small">Axes show the range of the values and need not begin at zero.</p>
  </section>`;
}

function breakdownFigure({ score, grid }: Breakdown): Markup {
  const columns = [...grid.columns.keys()];
  return html`<figure>
    <figcaption><strong>${score}</strong></figcaption>
    ${dotPlot(grid, columns, digitsOf(grid, columns), 480)}
  </figure>`;
}

export function breakdownSection(comparison: Comparison, { breakdowns }: Analysis): Markup | null {
  if (breakdowns.length === 0) return null;
  const asked = breakdowns.filter((breakdown) => breakdown.asked);
  const others = breakdowns.filter((breakdown) => !breakdown.asked);
  const apart = others.filter(({ differs }) => differs).map(({ score }) => score);
  const baseline = comparison.settings[0]?.label ?? '';
  // Plot and table stand side by side where the table is narrow enough for it.
  const stacked = breakdowns[0]!.grid.columns.length > 4 || comparison.settings.some(({ label }) => label.length > 20);
  return html`<section>
    <h2>By kind of clip</h2>
    ${plotLegend(comparison, severalSeeds(comparison))}
    ${asked.map(
      (breakdown) =>
        html`<div class="pair${stacked ? ' stacked' : ''}">
          ${breakdownFigure(breakdown)}
          <div>
            ${scoreTable(comparison, breakdown.grid, `${breakdown.score}: kind (clips)`, false)}${list(starNote(breakdown.grid, baseline))}
          </div>
        </div>`,
    )}
    ${
      others.length > 0 &&
      html`<details>
        <summary>
          Other scores by kind of clip${apart.length > 0 && html` (intervals lie apart between kinds for ${apart.join(', ')})`}
        </summary>
        <div class="plots wide">${others.map(breakdownFigure)}</div>
      </details>`
    }
  </section>`;
}
