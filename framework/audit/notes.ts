import type { MetricAudit } from './audit-metrics.js';

/** What must be known to read an audit; the same sentences in the terminal and on the page. */
export function notes({ perturbations, metrics, skipped, resamples, seed, judge }: MetricAudit): string[] {
  return [
    'response: how far the score falls on its way from the untouched caption (0) to the caption of another clip (100), over the n captions that ' +
      'the perturbation applies to; more than 100 is worse than another clip’s caption',
    '> and <: falls more, or less, than for a paraphrase of the same captions (95 % of paired resamples); < at a wrong caption means that it is ' +
      'liked better than a right one in other words',
    `intervals: 95 %, percentile bootstrap over clips, ${resamples} resamples, seed ${seed}`,
    'words: length beside the untouched caption; changed: words not in common, in order',
    ...perturbations.map(({ name, what, kind }) => `${name} (${kind}): ${what}`),
    ...(judge === null ? [] : [`judge: ${judge}; another judge gives other responses`]),
    ...metrics.flatMap(({ name, note, detail }) => (note && !detail ? [`${name}: ${note}`] : [])),
    ...skipped.map(({ metric, reason }) => `${metric}: skipped, ${reason}`),
  ];
}
