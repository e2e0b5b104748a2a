/**
 * The map of a square table's rows to another grid's: [rows * columns, side * side], bicubic as torch's interpolate has it (mode bicubic,
 * a = -0.75, align_corners false, no antialiasing, edges repeated).
 */
export function positionMap(side: number, rows: number, columns: number): Float32Array {
  const down = axisMap(side, rows);
  const across = axisMap(side, columns);
  const map = new Float32Array(rows * columns * side * side);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const at = (y * columns + x) * side * side;
      for (let v = 0; v < side; v++) for (let u = 0; u < side; u++) map[at + v * side + u] = down[y * side + v]! * across[x * side + u]!;
    }
  }
  return map;
}

/** [length, side]. */
function axisMap(side: number, length: number): Float64Array {
  const map = new Float64Array(length * side);
  for (let i = 0; i < length; i++) {
    const centre = ((i + 0.5) * side) / length - 0.5;
    const low = Math.floor(centre);
    for (let tap = -1; tap <= 2; tap++) {
      const place = Math.min(Math.max(low + tap, 0), side - 1);
      map[i * side + place]! += cubic(Math.abs(centre - low - tap));
    }
  }
  return map;
}

/** Keys, 1981, with a = -0.75. */
function cubic(x: number): number {
  const a = -0.75;
  return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}
