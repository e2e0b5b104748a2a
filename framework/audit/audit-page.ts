import { formatInterval, formatValue, typographicNumbers } from '../compare/format-number.js';
import { html, Markup } from '../compare/html/markup.js';
import { style } from '../compare/html/style.js';
import type { MetricAudit } from './audit-metrics.js';
import { auditPlot } from './audit-plot.js';
import type { WithInterval } from './metric-response.js';
import { notes } from './notes.js';

// The page needs nothing from outside, and runs nothing.
const policy = "default-src 'none'; style-src 'unsafe-inline'";

function cell(given: WithInterval | null | undefined, digits: number, scale = 1): Markup {
  if (!given) return html`<td>-</td>`;
  const { value, interval } = given;
  return html`<td>
    <span class="value">${formatValue(value * scale, digits, typographicNumbers)}</span>
    ${interval && html`<span class="interval">${formatInterval([interval[0] * scale, interval[1] * scale], digits, typographicNumbers)}</span>`}
  </td>`;
}

/** The audit as one HTML file without scripts and without anything from outside: the picture, all responses and all scores. */
export function auditPage(audit: MetricAudit): string {
  const { perturbations, metrics } = audit;
  const table = (caption: string, value: (metric: MetricAudit['metrics'][number], perturbation: string) => Markup) =>
    html`<div class="scroll">
      <table>
        <caption>
          ${caption}
        </caption>
        <thead>
          <tr>
            <th>perturbation</th>
            <th>n</th>
            ${metrics.map(({ name }) => html`<th>${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${perturbations.map(
            ({ name, n }) =>
              html`<tr>
                <th>${name}</th>
                <td>${n}</td>
                ${metrics.map((metric) => value(metric, name))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Metric audit - mienlab</title>
        <style>
          ${new Markup(style)}
        </style>
      </head>
      <body>
        <header>
          <p class="eyebrow">mienlab / metric audit</p>
          <h1>What does each metric see?</h1>
          <p class="meta">${audit.references}: ${audit.n} captions, each perturbed in known ways and scored against itself untouched.</p>
        </header>
        <main>
          <div class="scroll">${auditPlot(audit)}</div>
          ${table('Response, %: from the untouched caption (0) to another clip’s caption (100).', ({ responses }, name) =>
            cell(responses[name]?.response, 0, 100),
          )}
          ${table('Response above that to a paraphrase of the same captions, percentage points.', ({ responses }, name) =>
            cell(responses[name]?.overParaphrase, 0, 100),
          )}
          ${table('Score of the perturbed caption.', ({ responses }, name) => cell(responses[name]?.perturbed, 3))}
          ${table('Score of the same captions untouched.', ({ responses }, name) => cell(responses[name]?.untouched, 3))}
          ${table('Score of another clip’s caption in their place.', ({ responses }, name) => cell(responses[name]?.floor, 3))}
          <ul class="notes">
            ${notes(audit).map((note) => html`<li>${note}</li>`)}
          </ul>
        </main>
        <footer>
          Made by mienlab audit-metrics; audit.json holds the same numbers, and more digits. docs/metric-audit.md says how it is read.
        </footer>
      </body>
    </html>`.text;
}
