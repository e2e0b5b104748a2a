// Statistics of alternating measurements.
export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Lets the systems take turns (A B, B A, A B, ...) on `count` runs each, for `rounds` rounds. Each turn begins with one run that is not
 * counted (caches and clocks belonged to the other), after a pause in which the other's idle threads stop spinning.
 * @returns milliseconds of every counted run, [system][round][run]
 */
export async function alternate(systems, { rounds, count, progress }) {
  const times = systems.map(() => []);
  for (let round = 0; round < rounds; round++) {
    const order = systems.map((_, i) => i);
    if (round % 2) order.reverse();
    for (const i of order) {
      progress?.(`round ${round + 1} of ${rounds}, ${systems[i].name}`);
      await pause(300);
      const { ms, wall } = await systems[i].ask({ op: 'run', count: count + 1 });
      const own = ms.reduce((sum, value) => sum + value, 0);
      // A worker's own clock must account for the time the harness waited.
      if (ms.length !== count + 1 || wall - own > 0.05 * wall + 100)
        throw new Error(`${systems[i].name} reports ${ms.length} runs in ${own.toFixed(0)} ms, but took ${wall.toFixed(0)} ms`);
      times[i].push(ms.slice(1));
    }
  }
  return times;
}

/** Of two systems' times ([round][run]): their medians, the ratio of these, and median, smallest and largest of the rounds' ratios. */
export function compare(subject, rival) {
  const ratios = subject.map((runs, round) => median(runs) / median(rival[round]));
  const [ours, theirs] = [median(subject.flat()), median(rival.flat())];
  return { ours, theirs, ratio: ours / theirs, paired: { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) } };
}

/** Largest relative difference of two lists of losses. */
export function lossDifference(ours, theirs) {
  return Math.max(...ours.map((loss, i) => Math.abs(loss - theirs[i]) / Math.abs(theirs[i])));
}

/** Share of equal ids, and where the first unequal one stands in its row (tokens). */
export function tokenAgreement(ours, theirs) {
  const all = theirs.flat();
  const flat = ours.flat();
  const firsts = theirs.map((row, i) => row.findIndex((id, at) => id !== ours[i]?.[at])).filter((at) => at >= 0);
  return { share: all.filter((id, i) => id === flat[i]).length / all.length, first: firsts.length ? Math.min(...firsts) : undefined };
}
