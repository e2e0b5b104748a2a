import type { Log } from '../contracts/index.js';

/** Tensors more than after the third step that are taken for a leak; constants of new shapes come in now and then. */
const leak = 64;
/** Steps from one look at the process's memory to the next, and after how many it should have reached its size. */
const every = 50;
const settled = 150;
/** Growth since then that is warned of: a share of what was there, and no less than so many bytes. */
const share = 0.2;
const least = 200 * 2 ** 20;

/** Looks after what training keeps: tensors at every step, resident memory now and then. Warns once of each. */
export class MemoryWatch {
  #steps = 0;
  #tensors = 0;
  #bytes = 0;

  constructor(
    private readonly log: Log,
    private readonly rss: () => number = () => process.memoryUsage.rss(),
  ) {}

  /** Another kind of steps begins, which may keep more. */
  restart(): void {
    this.#steps = 0;
    if (this.#tensors !== Infinity) this.#tensors = 0;
    if (this.#bytes !== Infinity) this.#bytes = 0;
  }

  /** After a step, with the tensors alive then. Resident bytes where it was time to look at them, else null. */
  look(step: number, tensors: number): number | null {
    this.#steps++;
    if (this.#steps === 3 && this.#tensors === 0) this.#tensors = tensors;
    else if (this.#tensors && tensors > this.#tensors + leak) {
      this.log.warn(`tensors leak: ${tensors} alive after step ${step}, ${this.#tensors} before; a plugin does not free what it makes`);
      this.#tensors = Infinity;
    }
    if (step % every !== 0) return null;
    const bytes = this.rss();
    if (this.#steps >= settled && !this.#bytes) this.#bytes = bytes;
    else if (this.#bytes && bytes > this.#bytes + Math.max(least, share * this.#bytes)) {
      const [now, before] = [bytes, this.#bytes].map((size) => Math.round(size / 2 ** 20));
      this.log.warn(`memory grows: ${now} MB resident after step ${step}, ${before} MB before`);
      this.#bytes = Infinity;
    }
    return bytes;
  }
}
