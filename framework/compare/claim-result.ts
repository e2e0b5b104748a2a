import type { Claim, Comparison } from './comparison.js';
import { type BootstrapOptions, correct, type Difference, pairedDifference } from './score-grid.js';
import { clipSeries, sharedClips, valueOver } from './statistics/clip-series.js';

/** One comparison of a claim. */
export interface ClaimTest {
  against: string;
  /** Values over the clips that both settings have. */
  value: number;
  other: number;
  /** `value - other`; its p is Holm-adjusted over the tests of all claims. */
  difference: Difference;
  verdict: 'shown' | 'opposite' | 'not settled';
}

export interface ClaimResult {
  claim: Claim;
  tests: readonly ClaimTest[];
  /** Why a comparison could not be made, such as no clip of the kind. */
  untested: readonly string[];
}

function testsOf(claim: Claim, comparison: Comparison, options: BootstrapOptions): ClaimResult {
  const clips = comparison.clips.flatMap(({ kind }, index) => (claim.kind === undefined || kind === claim.kind ? [index] : []));
  const series = (label: string) => {
    const runs = comparison.settings.find((setting) => setting.label === label)?.runs ?? [];
    const scores = runs.flatMap((run) => run.scores.filter((score) => score.name === claim.score));
    return scores.length === 0 ? null : clipSeries(scores, clips);
  };
  const own = series(claim.setting);
  const tests: ClaimTest[] = [];
  const untested: string[] = [];
  for (const against of claim.against) {
    const other = series(against);
    const difference = own && other && pairedDifference(other, own, options);
    if (!difference) {
      const lacking = [own ? [] : [claim.setting], other ? [] : [against]].flat();
      const clipsText = claim.kind === undefined ? 'clip' : `clip of kind ${claim.kind}`;
      const reason = lacking.length > 0 ? `${lacking.join(' and ')} has no ${claim.score}` : `no ${clipsText} has ${claim.score} for both`;
      untested.push(`${claim.setting} against ${against}: ${reason}`);
      continue;
    }
    const clips = sharedClips(own, other);
    tests.push({ against, value: valueOver(own, clips), other: valueOver(other, clips), difference, verdict: 'not settled' });
  }
  return { claim, tests, untested };
}

/** Tests every claim; the p-values are adjusted by Holm over the tests of all claims together. */
export function testClaims(comparison: Comparison, options: BootstrapOptions): ClaimResult[] {
  const results = comparison.claims.map((claim) => testsOf(claim, comparison, options));
  correct(results.flatMap(({ tests }) => tests.map(({ difference }) => difference)));
  for (const { claim, tests } of results) {
    const scores = comparison.settings.flatMap(({ runs }) => runs.flatMap((run) => run.scores));
    const sign = scores.find(({ name }) => name === claim.score)?.higherIsBetter === false ? -1 : 1;
    for (const test of tests) {
      if (test.difference.differs) test.verdict = sign * test.difference.value > 0 ? 'shown' : 'opposite';
    }
  }
  return results;
}
