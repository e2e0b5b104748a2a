/**
 * P(Z > z) of a standard normal variable, relative error below 1e-12 for |z| up to 37: half of erfc(z / sqrt 2), by the series of
 * Abramowitz and Stegun 7.1.6 near zero and the continued fraction 7.1.14 beyond.
 */
export function normalTail(z: number): number {
  if (Number.isNaN(z)) return NaN;
  return z < 0 ? 1 - upperTail(-z) : upperTail(z);
}

function upperTail(z: number): number {
  const x = z / Math.SQRT2;
  const density = Math.exp(-x * x) / Math.sqrt(Math.PI);
  if (x < 2.5) {
    // erf(x) = 2 density (x + x^3 2/3 + x^5 4/15 + ...)
    let term = x;
    let sum = x;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 0.5 - density * sum;
  }
  // erfc(x) = density / (x + (1/2) / (x + 1 / (x + (3/2) / (x + ...)))), from the innermost fraction outwards.
  let fraction = x;
  for (let n = 80; n > 0; n--) fraction = x + n / 2 / fraction;
  return density / fraction / 2;
}
