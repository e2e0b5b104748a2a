/**
 * Pairs rows with columns so that the sum of their gains is the greatest there is (Kuhn 1955 in the form with potentials, one augmenting
 * path per row; cubic time). A gain of 0 or less is no pair.
 * @param gains [row][column], finite
 * @returns the column of each row, or -1
 */
export function bestPairs(gains: readonly (readonly number[])[]): number[] {
  const rows = gains.length;
  const columns = gains[0]?.length ?? 0;
  const size = Math.max(rows, columns);
  // Padded to a square with "no pair", which costs nothing and gains nothing. Index 0 is the start of a path.
  const cost = (row: number, column: number) => -Math.max(0, gains[row - 1]?.[column - 1] ?? 0);
  const rowPotential = new Float64Array(size + 1);
  const columnPotential = new Float64Array(size + 1);
  const rowOf = new Int32Array(size + 1);
  for (let start = 1; start <= size; start++) {
    rowOf[0] = start;
    const slack = new Float64Array(size + 1).fill(Infinity);
    const previous = new Int32Array(size + 1);
    const visited = new Uint8Array(size + 1);
    let column = 0;
    do {
      visited[column] = 1;
      const row = rowOf[column]!;
      let step = Infinity;
      let next = 0;
      for (let other = 1; other <= size; other++) {
        if (visited[other]) continue;
        const reduced = cost(row, other) - rowPotential[row]! - columnPotential[other]!;
        if (reduced < slack[other]!) {
          slack[other] = reduced;
          previous[other] = column;
        }
        if (slack[other]! < step) {
          step = slack[other]!;
          next = other;
        }
      }
      for (let other = 0; other <= size; other++) {
        if (visited[other]) {
          rowPotential[rowOf[other]!]! += step;
          columnPotential[other]! -= step;
        } else slack[other]! -= step;
      }
      column = next;
    } while (rowOf[column] !== 0);
    for (; column !== 0; column = previous[column]!) rowOf[column] = rowOf[previous[column]!]!;
  }
  const columnOf = new Array<number>(rows).fill(-1);
  for (let column = 1; column <= columns; column++) {
    const row = rowOf[column]!;
    if (row <= rows && gains[row - 1]![column - 1]! > 0) columnOf[row - 1] = column - 1;
  }
  return columnOf;
}
