import { asciiNumbers, formatInterval, formatValue } from '../compare/format-number.js';
import { type TextCell, type TextColumn, textColumns, wrapText } from '../compare/text-columns.js';
import type { AuditedMetric, MetricAudit } from './audit-metrics.js';
import type { MetricResponse, WithInterval } from './metric-response.js';
import { notes } from './notes.js';

const percent = (value: number) => formatValue(100 * value, 0, asciiNumbers);
const plain = (text: string): TextCell => ({ text });

function responseText(given: MetricResponse | null | undefined): string {
  if (!given?.response) return '-';
  const { value, interval } = given.response;
  const over = given.overParaphrase?.interval;
  const sign = over && over[1] < 0 ? ' <' : over && over[0] > 0 ? ' >' : '';
  return `${percent(value)}${interval ? ` [${interval.map(percent).join(' ')}]` : ''}${sign}`;
}

function scoreText(given: WithInterval | undefined): string {
  if (!given) return '-';
  return formatValue(given.value, 3, asciiNumbers) + (given.interval ? ` ${formatInterval(given.interval, 3, asciiNumbers)}` : '');
}

/** Values over all captions that have one: those that `doubled`, which always applies, was looked at. */
const whole = ({ responses }: AuditedMetric) => responses['doubled'] ?? null;

/** What `mienlab audit-metrics` prints: responses of the main scores, then the scores themselves. */
export function auditAsText(audit: MetricAudit, width: number): string {
  const { perturbations } = audit;
  const shown = audit.metrics.filter(({ detail }) => !detail);
  const column = (head: string, cells: readonly string[], align: TextColumn['align'] = 'right'): TextColumn => ({
    head,
    cells: cells.map(plain),
    align,
  });
  const names = column(
    'response, %',
    perturbations.map(({ name }) => name),
    'left',
  );
  const share = (value: number | null) => (value === null ? '-' : percent(value));
  const responses = textColumns(
    names,
    [
      column(
        'n',
        perturbations.map(({ n }) => String(n)),
      ),
      column(
        'words, %',
        perturbations.map(({ length }) => share(length)),
      ),
      column(
        'changed, %',
        perturbations.map(({ changed }) => share(changed)),
      ),
      ...shown.map(({ name, responses }) =>
        column(
          name,
          perturbations.map((one) => responseText(responses[one.name])),
          'left',
        ),
      ),
    ],
    width,
  );
  const rows = ['untouched', ...perturbations.map(({ name }) => name), 'another clip’s'];
  const scores = textColumns(
    column('score', rows, 'left'),
    shown.map((metric) =>
      column(
        metric.name,
        [
          scoreText(whole(metric)?.untouched),
          ...perturbations.map(({ name }) => scoreText(metric.responses[name]?.perturbed)),
          scoreText(whole(metric)?.floor),
        ],
        'left',
      ),
    ),
    width,
  );
  return [
    `${audit.references}: ${audit.n} captions`,
    '',
    ...responses,
    '',
    ...scores,
    '',
    ...notes(audit).flatMap((text) => wrapText(text, width)),
  ].join('\n');
}
