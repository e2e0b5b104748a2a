import type { ClaimResult, ClaimTest } from './claim-result.js';
import { fewClips } from './footnotes.js';
import { formatDifference, formatInterval, formatP, formatValue, type NumberStyle } from './format-number.js';

/** What came of one test of a claim, in plain words. */
export interface ClaimSentence {
  verdict: ClaimTest['verdict'] | 'not tested';
  /** The numbers. */
  numbers: string;
  /** What they say. */
  conclusion: string;
}

function conclusion({ difference, verdict, against }: ClaimTest, setting: string): string {
  if (verdict === 'shown') return `The data show it for ${setting} against ${against}.`;
  if (verdict === 'opposite') return `The data show the opposite for ${setting} against ${against}.`;
  const [low, high] = difference.interval ?? [0, 0];
  const corrected = low > 0 || high < 0 ? ' after correction for several comparisons' : '';
  return `The data do not settle it for ${setting} against ${against}${corrected}.`;
}

/** One sentence a comparison; whichever way it came out. */
export function claimSentences({ claim, tests, untested }: ClaimResult, style: NumberStyle): ClaimSentence[] {
  const tested = tests.map((test): ClaimSentence => {
    const { value, interval, clips, p, adjusted } = test.difference;
    const where = claim.where ?? (claim.kind === undefined ? 'over all clips' : `on clips of kind ${claim.kind}`);
    const range = interval ? ` ${formatInterval(interval, 3, style)}` : '';
    const probability = adjusted ?? p;
    return {
      verdict: test.verdict,
      numbers:
        `${where[0]!.toUpperCase()}${where.slice(1)} (${clips} clip${clips === 1 ? '' : 's'}), ${claim.score} is ` +
        `${formatValue(test.value, 3, style)} for ${claim.setting} and ${formatValue(test.other, 3, style)} for ${test.against}: ` +
        `difference ${formatDifference(value, 3, style)}${range}${probability === null ? '' : `, p ${formatP(probability).replace(/^(?=\d)/, '= ')}`}.`,
      conclusion: `${conclusion(test, claim.setting)}${clips < fewClips ? ' So few clips make the interval too short.' : ''}`,
    };
  });
  return [
    ...tested,
    ...untested.map((reason): ClaimSentence => ({ verdict: 'not tested', numbers: `${reason}.`, conclusion: 'It could not be tested.' })),
  ];
}
