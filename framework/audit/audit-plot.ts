import { formatInterval, formatValue, typographicNumbers } from '../compare/format-number.js';
import { html, Markup } from '../compare/html/markup.js';
import type { AuditedMetric, MetricAudit } from './audit-metrics.js';
import type { PerturbationKind } from './perturbations.js';

const left = 190;
const panel = 150;
const between = 16;
const rowHeight = 24;
const top = 80;
/** The axis, in responses: what lies outside is drawn at its end. */
const [from, to] = [-0.15, 1.25];

const kinds: Record<PerturbationKind, string> = {
  wrong: 'says something wrong',
  incomplete: 'leaves something out',
  same: 'says the same',
};

// Within the picture, so that it can stand alone; class names of its own, so that it can stand in a page.
const style = `
.audit { --ink: #1b1f24; --quiet: #5c6570; --rule: #e2e5e9; --page: #ffffff; --wrong: #d55e00; --incomplete: #c98a00; --same: #0072b2;
  font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif; }
@media (prefers-color-scheme: dark) {
  .audit { --ink: #e6e9ec; --quiet: #9aa4af; --rule: #30363c; --page: #14171a; --wrong: #f2904f; --incomplete: #f0bc4c; --same: #58b2ea; }
}
.audit .a-page { fill: var(--page); } .audit text { fill: var(--ink); stroke: none; } .audit .a-quiet { fill: var(--quiet); font-size: 11px; }
.audit .a-head { font-weight: 600; } .audit .a-grid { stroke: var(--rule); stroke-width: 1; } .audit .a-paraphrase { stroke: var(--same); stroke-width: 1.2; stroke-dasharray: 4 3; }
.audit .a-wrong { fill: var(--wrong); stroke: var(--wrong); } .audit .a-incomplete { fill: var(--incomplete); stroke: var(--incomplete); }
.audit .a-same { fill: var(--same); stroke: var(--same); } .audit .a-interval { stroke-width: 2.5; } .audit circle { stroke: none; }`;

/** A note's opening, where it is short: `TEM-reconstruction`, `judged by rules 1.1.0`. */
function brief(note = ''): string {
  const [opening = ''] = note.split(/[:;,]/);
  return opening.length <= 24 ? opening : '';
}

const round = (value: number) => Math.round(value * 10) / 10;

/**
 * Responses of the main scores as a picture (SVG, self-contained, light or dark after the reader's system): one panel a score, one row a
 * perturbation, dots with 95 % intervals from 0 (as the untouched caption) to 100 (as another clip's), the paraphrase as a dashed line.
 */
export function auditPlot({ perturbations, metrics, references, n }: MetricAudit): Markup {
  const shown = metrics.filter(({ detail }) => !detail);
  const width = left + shown.length * (panel + between) + 8;
  // A row's place, with room for the heads of the three kinds.
  let y = top;
  const heads: { kind: PerturbationKind; y: number }[] = [];
  const rows = perturbations.map((one, i) => {
    if (one.kind !== perturbations[i - 1]?.kind) {
      heads.push({ kind: one.kind, y: y + 16 });
      y += rowHeight;
    }
    y += rowHeight;
    return { ...one, y: y - rowHeight / 2 };
  });
  const bottom = y + 6;
  const panels = shown.map((metric, index) => drawPanel(metric, rows, left + index * (panel + between), bottom));
  return html`<svg
    xmlns="http://www.w3.org/2000/svg"
    class="audit"
    viewBox="0 0 ${width} ${bottom + 44}"
    width="${width}"
    height="${bottom + 44}"
    role="img"
    aria-label="How far each score falls for each perturbation of a right caption; the table holds the same numbers"
  >
    <style>
      ${new Markup(style)}
    </style>
    <rect class="a-page" width="100%" height="100%" />
    <text class="a-head" x="0" y="16">How far a score falls from the right caption (0) to another clip’s caption (100)</text>
    <text class="a-quiet" x="0" y="34">
      ${references}, ${n} captions; dots with 95 % intervals; dashed: a paraphrase of the right caption
    </text>
    ${heads.map(({ kind, y }) => html`<text class="a-quiet a-head" x="0" y="${y}">${kinds[kind]}</text>`)}${rows.map(({ name, n, y }) => html`<text x="8" y="${y + 4}">${name}</text><text class="a-quiet" x="${left - 14}" y="${y + 4}" text-anchor="end">${n}</text>`)}${panels}
  </svg>`;
}

function drawPanel(
  metric: AuditedMetric,
  rows: readonly { name: string; kind: PerturbationKind; y: number }[],
  x0: number,
  bottom: number,
): Markup {
  const at = (response: number) => round(x0 + ((Math.max(from, Math.min(to, response)) - from) / (to - from)) * panel);
  const ticks = [0, 0.5, 1].map(
    (tick) =>
      html`<line class="a-grid" x1="${at(tick)}" x2="${at(tick)}" y1="${top}" y2="${bottom}" /><text
          class="a-quiet"
          x="${at(tick)}"
          y="${bottom + 16}"
          text-anchor="middle"
          >${100 * tick}</text
        >`,
  );
  const paraphrase = metric.responses['paraphrase']?.response;
  const line =
    paraphrase && html`<line class="a-paraphrase" x1="${at(paraphrase.value)}" x2="${at(paraphrase.value)}" y1="${top}" y2="${bottom}" />`;
  const dots = rows.map(({ name, kind, y }) => {
    const response = metric.responses[name]?.response;
    if (!response) return html`<text class="a-quiet" x="${at(0)}" y="${y + 4}">no value</text>`;
    const { value, interval } = response;
    const percent = (share: number) => 100 * share;
    const title = `${metric.name}, ${name}: ${formatValue(percent(value), 0, typographicNumbers)}${
      interval ? ` ${formatInterval([percent(interval[0]), percent(interval[1])], 0, typographicNumbers)}` : ''
    }`;
    return html`<g class="a-${kind}"
      ><title>${title}</title
      >${interval && html`<line class="a-interval" x1="${at(interval[0])}" x2="${at(interval[1])}" y1="${y}" y2="${y}" />`}<circle
        cx="${at(value)}"
        cy="${y}"
        r="4.5"
    /></g>`;
  });
  return html`<text class="a-head" x="${at(0)}" y="${top - 22}">${metric.name}</text
    ><text class="a-quiet" x="${at(0)}" y="${top - 8}">${brief(metric.note)}</text>${ticks}${line}${dots}`;
}
