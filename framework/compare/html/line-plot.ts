import { formatValue, typographicNumbers } from '../format-number.js';
import { html, type Markup } from './markup.js';
import { linearScale } from './scale.js';

export interface Line {
  colour: string;
  dash: string;
  points: readonly (readonly [number, number])[];
}

/** Of the plot; more where the numbers beside it are long. */
const least = 44;
const digitWidth = 7;
const mostPoints = 300;

/** At most about `mostPoints` points: of each stretch its lowest and highest one, so that no spike is lost. */
function thinned(points: Line['points']): Line['points'] {
  if (points.length <= mostPoints) return points;
  const size = Math.ceil((2 * points.length) / mostPoints);
  return Array.from({ length: Math.ceil(points.length / size) }, (_, index) => {
    const stretch = points.slice(index * size, (index + 1) * size).sort((a, b) => a[1] - b[1]);
    return [stretch[0]!, stretch.at(-1)!].sort((a, b) => a[0] - b[0]);
  }).flat();
}

/** Mean over a window around each point, a twentieth of the points to either side as far as they go: it does not lag behind. */
export function smoothed(points: Line['points']): [number, number][] {
  const reach = Math.floor(points.length / 20);
  const sums = [0];
  for (const [, value] of points) sums.push(sums.at(-1)! + value);
  return points.map(([step], index) => {
    const [from, to] = [Math.max(0, index - reach), Math.min(points.length, index + reach + 1)];
    return [step, (sums[to]! - sums[from]!) / (to - from)];
  });
}

/** Curves over steps: the smoothed one in full colour, the raw one faint behind it. */
export function linePlot(label: string, lines: readonly Line[], width: number, height: number): Markup {
  const finite = lines.map((line) => ({
    ...line,
    points: line.points.filter(([step, value]) => Number.isFinite(step) && Number.isFinite(value)),
  }));
  const all = finite.flatMap(({ points }) => points);
  const y = linearScale(
    all.map(([, value]) => value),
    height - 24,
    8,
    5,
  );
  const longest = Math.max(0, ...y.ticks.map((tick) => formatValue(tick, y.digits, typographicNumbers).length));
  const left = Math.max(least, 12 + digitWidth * longest);
  const x = linearScale(
    all.map(([step]) => step),
    left,
    width - 8,
    6,
  );
  const path = (points: Line['points']) =>
    thinned(points)
      .map(([step, value], i) => `${i === 0 ? 'M' : 'L'}${x.at(step)} ${y.at(value)}`)
      .join('');
  const horizontal = y.ticks.map((tick) => {
    const at = y.at(tick);
    return html`<line class="grid" x1="${left}" x2="${width}" y1="${at}" y2="${at}" /><text
        class="tick"
        x="${left - 8}"
        y="${at + 4}"
        text-anchor="end"
      >
        ${formatValue(tick, y.digits, typographicNumbers)}
      </text>`;
  });
  const vertical = x.ticks.map(
    (tick) =>
      html`<text class="tick" x="${x.at(tick)}" y="${height - 6}" text-anchor="middle"
        >${formatValue(tick, x.digits, typographicNumbers)}</text
      >`,
  );
  const curves = [
    ...finite.map(({ points, colour }) => html`<path class="raw" d="${path(points)}" style="stroke:${colour}" />`),
    ...finite.map(
      ({ points, colour, dash }) =>
        html`<path class="curve" d="${path(smoothed(points))}" style="stroke:${colour}" stroke-dasharray="${dash}" />`,
    ),
  ];
  return html`<svg
    viewBox="0 0 ${width} ${height}"
    width="${width}"
    height="${height}"
    role="img"
    aria-label="${label} over training steps"
  >
    ${horizontal}${vertical}${curves}
  </svg>`;
}
