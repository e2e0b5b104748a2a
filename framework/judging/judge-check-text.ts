import type { JudgeCheck } from './check-judge.js';

/** The table of `mienlab judge check`. */
export function judgeCheckText({
  judge,
  pairs,
  n,
  failed,
  failure,
  accuracy,
  kappa,
  majority,
  sorts,
  confusion,
  ...verdict
}: JudgeCheck): string {
  const number = (value: number) => value.toFixed(2);
  const whole = ({ value, interval }: JudgeCheck['kappa']) => `${number(value)} [${interval.map(number).join(' ')}]`;
  const words = ['entailment', 'neutral', 'contradiction'];
  const lines = [
    `${judge}: ${n} pairs of event and caption (version ${pairs})${failed ? `, ${failed} more not answered: ${failure}` : ''}`,
    `accuracy ${whole(accuracy)}, always the most frequent label ${number(majority)}`,
    `Cohen's kappa ${whole(kappa)}, 0 is chance; intervals: 95 %, bootstrap over captions`,
    '',
    `${'label'.padEnd(15)}${'made by'.padEnd(12)}${'n'.padStart(4)}  accuracy`,
    ...sorts.map((one) => `${one.relation.padEnd(15)}${one.sort.padEnd(12)}${String(one.n).padStart(4)}  ${whole(one.accuracy)}`),
    '',
    `${'label, answer:'.padEnd(15)}${words.map((word) => word.padStart(14)).join('')}`,
    ...confusion.map((row, i) => `${words[i]!.padEnd(15)}${row.map((count) => String(count).padStart(14)).join('')}`),
    '',
  ];
  if (verdict.sameAnswer) lines.push(`It says "${verdict.sameAnswer}" whatever it is asked.`);
  lines.push(
    verdict.aboveChance
      ? 'It agrees with the labels better than chance does. That is no proof that it is good enough: look at the sorts.'
      : 'USELESS as a judge: no better than chance.',
  );
  return lines.join('\n');
}
