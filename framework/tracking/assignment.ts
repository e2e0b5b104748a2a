/**
 * Assigns rows to columns so that the sum of gains is the greatest there is. Buffers are kept, so that a sequence of frames allocates nothing.
 *
 * Shortest augmenting paths with potentials on the rectangle itself (Crouse 2016, On implementing 2D rectangular assignment algorithms, IEEE
 * TAES 52(4)), which is also scipy's `linear_sum_assignment`: equal optima are told apart in the same order, so results are those of reference
 * code that stands on scipy. Cubic time; frames whose rows all want columns of their own are answered in one look.
 */
export class Assignment {
  #cost = new Float64Array(0);
  #rowPotential = new Float64Array(0);
  #columnPotential = new Float64Array(0);
  #distance = new Float64Array(0);
  #previous = new Int32Array(0);
  #rowOf = new Int32Array(0);
  #columnOf = new Int32Array(0);
  #remaining = new Int32Array(0);
  #rowSeen = new Uint8Array(0);
  #columnSeen = new Uint8Array(0);

  /**
   * @param gains row by row, finite, 0 or above
   * @returns the column of each row, or -1; a pair may have a gain of 0. Valid until the next call.
   */
  solve(gains: Float64Array, rows: number, columns: number): Int32Array {
    this.#reserve(Math.max(rows, columns), rows * columns);
    if (rows === 0 || columns === 0) return this.#columnOf.fill(-1, 0, rows).subarray(0, rows);
    if (this.#wishesDiffer(gains, rows, columns)) return this.#columnOf.subarray(0, rows);
    const turned = columns < rows;
    const [short, long] = turned ? [columns, rows] : [rows, columns];
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        this.#cost[turned ? column * rows + row : row * columns + column] = -gains[row * columns + column]!;
      }
    }
    this.#augmentAll(short, long);
    return (turned ? this.#rowOf : this.#columnOf).subarray(0, rows);
  }

  #reserve(side: number, cells: number): void {
    if (this.#cost.length < cells) this.#cost = new Float64Array(cells * 2);
    if (this.#rowOf.length >= side) return;
    const size = side * 2;
    this.#rowPotential = new Float64Array(size);
    this.#columnPotential = new Float64Array(size);
    this.#distance = new Float64Array(size);
    this.#previous = new Int32Array(size);
    this.#rowOf = new Int32Array(size);
    this.#columnOf = new Int32Array(size);
    this.#remaining = new Int32Array(size);
    this.#rowSeen = new Uint8Array(size);
    this.#columnSeen = new Uint8Array(size);
  }

  /** Where every row with a gain has one best column, and no two the same, that is the only optimum; rows without gain stay alone. */
  #wishesDiffer(gains: Float64Array, rows: number, columns: number): boolean {
    const taken = this.#columnSeen.fill(0, 0, columns);
    for (let row = 0, at = 0; row < rows; row++) {
      let best = 0;
      let wish = -1;
      for (let column = 0; column < columns; column++, at++) {
        const gain = gains[at]!;
        if (gain > best) {
          best = gain;
          wish = column;
        } else if (gain === best && wish >= 0) return false;
      }
      this.#columnOf[row] = wish;
      if (wish < 0) continue;
      if (taken[wish]) return false;
      taken[wish] = 1;
    }
    return true;
  }

  #augmentAll(rows: number, columns: number): void {
    const [u, v] = [this.#rowPotential.fill(0, 0, rows), this.#columnPotential.fill(0, 0, columns)];
    const [rowOf, columnOf, distance] = [this.#rowOf.fill(-1, 0, columns), this.#columnOf.fill(-1, 0, rows), this.#distance];
    for (let start = 0; start < rows; start++) {
      const { sink, length } = this.#shortestPath(start, rows, columns);
      u[start]! += length;
      for (let row = 0; row < rows; row++) if (this.#rowSeen[row] && row !== start) u[row]! += length - distance[columnOf[row]!]!;
      for (let column = 0; column < columns; column++) if (this.#columnSeen[column]) v[column]! -= length - distance[column]!;
      for (let column = sink, row = -1; row !== start;) {
        row = this.#previous[column]!;
        rowOf[column] = row;
        const next = columnOf[row]!;
        columnOf[row] = column;
        column = next;
      }
    }
  }

  /** From a free row to the nearest free column, over reduced costs. */
  #shortestPath(start: number, rows: number, columns: number): { sink: number; length: number } {
    const [cost, u, v, rowOf] = [this.#cost, this.#rowPotential, this.#columnPotential, this.#rowOf];
    const [distance, previous, remaining] = [this.#distance.fill(Infinity, 0, columns), this.#previous, this.#remaining];
    this.#rowSeen.fill(0, 0, rows);
    this.#columnSeen.fill(0, 0, columns);
    for (let i = 0; i < columns; i++) remaining[i] = columns - 1 - i;
    let [row, length, left] = [start, 0, columns];
    for (;;) {
      this.#rowSeen[row] = 1;
      let least = Infinity;
      let index = -1;
      for (let i = 0; i < left; i++) {
        const column = remaining[i]!;
        const through = length + cost[row * columns + column]! - u[row]! - v[column]!;
        if (through < distance[column]!) {
          distance[column] = through;
          previous[column] = row;
        }
        // Among the nearest a free column ends the search.
        if (distance[column]! < least || (distance[column] === least && rowOf[column] === -1)) {
          least = distance[column]!;
          index = i;
        }
      }
      length = least;
      const column = remaining[index]!;
      this.#columnSeen[column] = 1;
      if (rowOf[column] === -1) return { sink: column, length };
      row = rowOf[column]!;
      remaining[index] = remaining[--left]!;
    }
  }
}
