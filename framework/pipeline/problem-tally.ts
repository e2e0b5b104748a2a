import type { DataPlace, DataProblem } from '../contracts/index.js';
import { Fault, type FaultCode } from '../faults/index.js';

interface Tally {
  count: number;
  first: Fault[];
}

/** Counts what is wrong with data by its sort, and keeps the first few of each. */
export class ProblemTally {
  readonly #tallies = new Map<string, Tally>();

  /** `shown`: how many of each sort are kept. */
  constructor(private readonly shown: number) {}

  problem({ problem, message, ...details }: DataProblem, code: FaultCode = 'DATASET_INVALID'): void {
    this.#add(problem, () => new Fault(code, message, details));
  }

  /** A fault that was thrown for an entry of the data. */
  fault(problem: string, { code, message, details }: Fault, where: DataPlace): void {
    this.#add(problem, () => new Fault(code, message, { ...details, clip: undefined, where }));
  }

  /** How many there are of each sort. */
  get counts(): Record<string, number> {
    return Object.fromEntries([...this.#tallies].map(([problem, { count }]) => [problem, count]));
  }

  /** All sorts one after the other: the first of each, and how many more there are. */
  get faults(): Fault[] {
    return [...this.#tallies].flatMap(([problem, { count, first }]) => {
      const more = count - first.length;
      return more ? [...first, new Fault(first[0]!.code, `${problem}: ${more} more, ${count} in all`)] : first;
    });
  }

  #add(problem: string, fault: () => Fault): void {
    let tally = this.#tallies.get(problem);
    if (!tally) this.#tallies.set(problem, (tally = { count: 0, first: [] }));
    if (tally.count++ < this.shown) tally.first.push(fault());
  }
}
