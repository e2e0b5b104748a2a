/** A linear axis: data to pixels, with its ticks. */
export interface Scale {
  at(value: number): number;
  ticks: readonly number[];
  /** Digits after the point that its ticks need. */
  digits: number;
}

/** The step among 1, 2 and 5 times a power of ten that gives at most `count` intervals over `span`. */
function niceStep(span: number, count: number): number {
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough * (1 - 1e-9))!;
}

/** An axis from pixel `from` to pixel `to` that holds all finite values with a little room around them. */
export function linearScale(values: readonly number[], from: number, to: number, ticks: number): Scale {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = [0, 1];
  const room = high > low ? (high - low) * 0.06 : Math.abs(low) * 0.1 || 0.5;
  // A score or loss that is nowhere negative gets no negative axis.
  [low, high] = [low >= 0 ? Math.max(0, low - room) : low - room, high + room];
  const step = niceStep(high - low, ticks);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return {
    at: (value) => Math.round((from + ((value - low) / (high - low)) * (to - from)) * 10) / 10,
    ticks: Array.from({ length: count }, (_, index) => (first + index) * step),
    digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)),
  };
}
