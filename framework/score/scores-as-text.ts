import { asciiNumbers, formatDifference, formatInterval, formatP, formatValue } from '../compare/format-number.js';
import { type TextColumn, textColumns, wrapText } from '../compare/text-columns.js';
import type { CaptionScores, Rival } from './score-captions.js';

const digits = 3;
const shownNotes = 10;

function column(head: string, cells: readonly string[], align: 'left' | 'right' = 'right'): TextColumn {
  return { head, cells: cells.map((text) => ({ text })), align };
}

const number = (value: number | undefined | null) =>
  value === undefined || value === null ? '-' : formatValue(value, digits, asciiNumbers);
const interval = (ends: [number, number] | undefined | null) => (ends ? formatInterval(ends, digits, asciiNumbers) : '-');

function comparisons({ metrics }: CaptionScores, width: number): string[] {
  const rows = metrics.flatMap(({ score, rivals }) =>
    rivals.flatMap((rival) => (rival.tests ? [{ name: `${score.name} over ${rival.label}`, tests: rival.tests }] : [])),
  );
  if (rows.length === 0) return [];
  const cells = (read: (tests: NonNullable<Rival['tests']>) => string) => rows.map(({ tests }) => read(tests));
  const p = (key: 'bootstrap' | 'permutation' | 'wilcoxon') => cells((tests) => (tests.p ? formatP(tests.p[key]) : '-'));
  const names = column(
    'difference',
    rows.map(({ name }) => name),
    'left',
  );
  return [
    '',
    ...textColumns(
      names,
      [
        column(
          '',
          cells(({ difference }) => formatDifference(difference, digits, asciiNumbers)),
        ),
        column(
          '95 %',
          cells((tests) => interval(tests.interval)),
        ),
        column('p', p('bootstrap')),
        column(
          'Holm',
          cells(({ holm }) => (holm === null ? '-' : formatP(holm))),
        ),
        column(
          'BH',
          cells(({ benjaminiHochberg }) => (benjaminiHochberg === null ? '-' : formatP(benjaminiHochberg))),
        ),
        column('permutation', p('permutation')),
        column('Wilcoxon', p('wilcoxon')),
        column(
          'd',
          cells(({ effect }) => number(effect)),
        ),
        column(
          'n shows',
          cells(({ detectable }) => number(detectable)),
        ),
      ],
      width,
    ),
  ];
}

/** What `mienlab score` prints: scores with intervals beside the baselines, paired tests, and what must be known to read them. */
export function scoresAsText(scores: CaptionScores, { width, perItem }: { width: number; perItem: boolean }): string {
  const { metrics, baselines, clusters, notes, skipped } = scores;
  const labels = [...new Set(metrics.flatMap(({ rivals }) => rivals.map(({ label }) => label)))];
  const table = textColumns(
    column(
      'score',
      metrics.map(({ score }) => score.name),
      'left',
    ),
    [
      column(
        'value',
        metrics.map(({ estimate }) => number(estimate?.value)),
      ),
      column(
        '95 %',
        metrics.map(({ estimate }) => interval(estimate?.interval)),
      ),
      column(
        'n',
        metrics.map(({ estimate, failed }) => `${estimate?.n ?? 0}${failed ? ` (${failed} not scored)` : ''}`),
      ),
      ...labels.map((label) =>
        column(
          label,
          metrics.map(({ rivals }) => number(rivals.find((rival) => rival.label === label)?.estimate?.value)),
        ),
      ),
    ],
    width,
  );
  const over = clusters ? `${clusters.count} clusters of clips with the same ${clusters.field}` : 'clips';
  const explained = [
    `95 %: percentile bootstrap over ${over}`,
    ...baselines.map(({ label, what }) => `${label}: ${what}`),
    ...(scores.comparisons
      ? [
          `p: two-sided paired bootstrap; Holm and BH (Benjamini-Hochberg) over ${scores.comparisons} comparisons; d: Cohen's d of paired differences; ` +
            'n shows: the smallest true difference seen with 80 % power at .05',
        ]
      : []),
    ...metrics.flatMap(({ score }) => (score.note && !score.detail ? [`${score.name}: ${score.note}`] : [])),
    ...skipped.map(({ metric, reason }) => `${metric}: skipped, ${reason}`),
  ];
  const items = perItem
    ? ['', ['id', ...metrics.map(({ score }) => score.name)].join('\t')].concat(
        scores.ids.map((id, i) => [id, ...metrics.map(({ score }) => score.values[i] ?? '')].join('\t')),
      )
    : [];
  return [
    ...table,
    ...comparisons(scores, width),
    '',
    ...explained.flatMap((text) => wrapText(text, width)),
    ...notes.slice(0, shownNotes).map(({ id, what }) => `! ${id}: ${what}`),
    ...(notes.length > shownNotes ? [`! and ${notes.length - shownNotes} more notes; --json lists them all`] : []),
    ...items,
  ].join('\n');
}
