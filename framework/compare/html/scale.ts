/** A linear axis: data to pixels, with its ticks. */
export interface Scale {
  at(value: number): number;
  ticks: readonly number[];
  /** Digits after the point that its ticks need. */
  digits: number;
}

/** The round step that cuts `span` into about `count` pieces and leaves room for two ticks at least, with the digits it needs. */
function roundStep(span: number, count: number): { step: number; digits: number } {
  const rough = (0.8 * span) / count;
  const power = Math.floor(Math.log10(rough));
  const steps = [1, 2, 2.5, 5, 10].map((factor) => ({
    step: factor * 10 ** power,
    digits: (factor === 2.5 ? 1 : factor === 10 ? -1 : 0) - power,
  }));
  const at = steps.findIndex(({ step }) => step >= rough);
  const { step, digits } = steps[at > 0 && steps[at]!.step > span / 2 ? at - 1 : at]!;
  return { step, digits: Math.max(0, digits) };
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
  const { step, digits } = roundStep(high - low, ticks);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return {
    at: (value) => Math.round((from + ((value - low) / (high - low)) * (to - from)) * 10) / 10,
    ticks: Array.from({ length: count }, (_, index) => (first + index) * step),
    digits,
  };
}
