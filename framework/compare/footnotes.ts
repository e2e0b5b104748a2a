import type { Analysis } from './analysis.js';
import type { Comparison } from './comparison.js';
import { columnHead } from './format-number.js';
import type { ScoreGrid } from './score-grid.js';

const thousands = (n: number) => n.toLocaleString('en-US');

/** At most `limit` of the parts, and how many more there are. */
function listed(parts: readonly string[], limit = 6): string {
  return parts.length <= limit ? parts.join(', ') : `${parts.slice(0, limit).join(', ')} and ${parts.length - limit} more`;
}

/** Fewer clips than this are too few for the bootstrap to know how the values spread. */
export const fewClips = 20;

function fewNote(grid: ScoreGrid): string[] {
  const few = grid.columns.filter((_, index) => grid.rows.some(({ cells }) => (cells[index]!.estimate?.clips ?? fewClips) < fewClips));
  if (few.length === 0) return [];
  return [`Over fewer than ${fewClips} clips bootstrap intervals come out too short: ${listed([...new Set(few.map(columnHead))])}`];
}

/** What `*` means in a grid: the test, its resamples, the correction. Empty where nothing was compared. */
export function starNote(grid: ScoreGrid, baseline: string): string[] {
  if (grid.comparisons === 0) return fewNote(grid);
  const most = Math.max(...grid.columns.map(({ resamples }) => resamples));
  const fewer = grid.columns.filter(({ resamples }) => resamples < most);
  const exceptions = fewer.length > 0 ? `; ${thousands(fewer[0]!.resamples)} for ${fewer.map(({ score }) => score).join(', ')}` : '';
  const least = (grid.comparisons * 2) / (1 + Math.min(...grid.columns.map(({ resamples }) => resamples)));
  const unreachable = least > 0.05 ? '; too few resamples for so many comparisons to mark every difference there may be' : '';
  return [
    `* differs from ${baseline} by the paired difference shown: paired bootstrap over clips (${thousands(most)} resamples` +
      `${exceptions}), Holm over ${grid.comparisons} comparison${grid.comparisons === 1 ? '' : 's'}, 95 %${unreachable}`,
    ...fewNote(grid),
  ];
}

function seedNote(comparison: Comparison): string[] {
  const counts = [...new Set(comparison.settings.map(({ runs }) => runs.length))];
  if (Math.max(0, ...counts) < 2) return [];
  const seeds = counts.length === 1 ? `${counts[0]} seeds` : 'seeds';
  return [
    `Several seeds: each clip's mean over the ${seeds} comes first; intervals are over clips and do not hold the spread between seeds`,
  ];
}

function missingNote(grid: ScoreGrid): string[] {
  const missing = grid.rows.flatMap(({ label, cells }) =>
    cells.flatMap(({ estimate }, index) => {
      const column = grid.columns[index]!;
      return estimate && estimate.clips < column.clips ? [`${column.score} of ${label} ${estimate.clips} of ${column.clips}`] : [];
    }),
  );
  return missing.length === 0
    ? []
    : [`Clips without a value are left out, from differences where either side has none: ${listed(missing)}`];
}

/** Settings that a score cannot tell from a blind baseline: their interval reaches the best of them. */
function blindNote(grid: ScoreGrid): string[] {
  const near = grid.columns.flatMap((column, index) => {
    const sign = column.higherIsBetter ? 1 : -1;
    const blind = grid.blind.flatMap(({ values }) => (typeof values[index] === 'number' ? [sign * values[index]] : []));
    if (blind.length === 0) return [];
    const best = Math.max(...blind);
    const rows = grid.rows.filter(({ cells }) => {
      const estimate = cells[index]!.estimate;
      return estimate && Math.min(...(estimate.interval ?? [estimate.value]).map((end) => sign * end)) <= best;
    });
    return rows.length === 0 ? [] : [`${column.score} of ${rows.map(({ label }) => label).join(', ')}`];
  });
  return near.length === 0 ? [] : [`Not clearly better than captions made without seeing the video: ${near.join('; ')}`];
}

function scoreNotes(grid: ScoreGrid): string[] {
  const lower = grid.columns.filter(({ higherIsBetter }) => !higherIsBetter).map(({ score }) => score);
  const notes = [...new Set(grid.columns.flatMap(({ note }) => note ?? []))].map((note) => {
    const scores = grid.columns.filter((column) => column.note === note).map(({ score }) => score);
    return `${scores.join(', ')}: ${note}`;
  });
  return lower.length === 0 ? notes : [`Lower is better: ${lower.join(', ')}`, ...notes];
}

/** Every clip or metric that was left out, with its reason and where. */
export function skippedItems(comparison: Comparison): { what: string; reason: string; settings: string[] }[] {
  const items = new Map<string, { what: string; reason: string; settings: string[] }>();
  for (const { label, runs } of comparison.settings) {
    for (const run of runs) {
      const all = [
        ...run.skipped.map(({ clip, reason }) => ({ what: `clip ${clip}`, reason })),
        ...run.skippedMetrics.map(({ metric, reason }) => ({ what: `metric ${metric}`, reason })),
      ];
      for (const { what, reason } of all) {
        const item = items.get(`${what}\n${reason}`) ?? { what, reason, settings: [] };
        if (!item.settings.includes(label)) item.settings.push(label);
        items.set(`${what}\n${reason}`, item);
      }
    }
  }
  return [...items.values()];
}

function skippedNote(comparison: Comparison): string[] {
  const items = skippedItems(comparison);
  return items.length === 0 ? [] : [`Skipped: ${listed(items.map(({ what, reason }) => `${what} (${reason})`))}`];
}

/** What must be read with the main table, each a sentence or two without a full stop. */
export function footnotes(comparison: Comparison, analysis: Analysis): string[] {
  const { main } = analysis;
  return [
    ...starNote(main, comparison.settings[0]?.label ?? ''),
    ...seedNote(comparison),
    ...blindNote(main),
    ...missingNote(main),
    ...scoreNotes(main),
    ...skippedNote(comparison),
  ];
}
