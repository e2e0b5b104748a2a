/** How far back the rate looks, milliseconds, where enough samples lie in it. */
const window = 15_000;
const fewest = 8;

/** The recent rate of one step, and what is left by it. Steps whose units speed up or slow down are followed within the window. */
export class Pace {
  private samples: { at: number; count: number }[];

  constructor(
    private readonly total: number,
    now: number,
  ) {
    this.samples = [{ at: now, count: 0 }];
  }

  /** `count` units were done at `at` milliseconds. */
  add(at: number, count: number): void {
    const last = this.samples.at(-1)!;
    // Many calls in one instant count as one sample; the first sample stays the step's start.
    if (this.samples.length > 1 && at - last.at < 50) last.count = count;
    else this.samples.push({ at, count });
    while (this.samples.length > fewest && at - this.samples[1]!.at > window) this.samples.shift();
  }

  /** Units a second; null before anything can be said. */
  rate(): number | null {
    const first = this.samples[0]!;
    const last = this.samples.at(-1)!;
    const seconds = (last.at - first.at) / 1000;
    return seconds > 0 && last.count > first.count ? (last.count - first.count) / seconds : null;
  }

  /** Seconds left at `now`, milliseconds; null where the total or the rate is not known. Falls while a unit is under way. */
  left(now: number): number | null {
    const rate = this.rate();
    const last = this.samples.at(-1)!;
    if (rate === null || this.total <= 0) return null;
    return Math.max(0, (this.total - last.count) / rate - (now - last.at) / 1000);
  }
}
