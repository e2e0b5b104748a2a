import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { packageRoot } from '../paths.js';
import { besidePublished } from './beside-published.js';
import { readOwnRows } from './own-rows.js';
import { readPublished } from './published-table.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-published-'));
test.after(() => rmSync(folder, { recursive: true }));
const written = (name: string, content: unknown) => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};
const table = readPublished();

test('every published row has a source and values in range, of columns that there are', () => {
  assert.is(table.rows.length, 14);
  for (const { model, source, values } of table.rows) {
    assert.ok(table.sources[source], model);
    for (const [name, value] of Object.entries(values)) {
      const column = table.columns.find((one) => one.name === name);
      assert.ok(column, `${model}: ${name}`);
      assert.ok(value > 0 && value < (column.digits === 2 ? 5 : 1), `${model}: ${name} ${value}`);
    }
  }
  const { values } = table.rows.find(({ model }) => model === 'FaceTrack-MM 7B')!;
  assert.equal(values, { Corr: 4.42, Detail: 4.3, Ctx: 4.6, Temp: 4.26, CIDEr: 0.418, 'ROUGE-L': 0.473, AutoDQ: 0.483, TEM: 0.364 });
});

test('no score of ours stands in the column of TEM', () => {
  assert.is(table.columns.find(({ name }) => name === 'TEM')!.score, null);
});

test('docs/published.md holds every row as the data file does', () => {
  const lines = readFileSync(join(packageRoot, 'docs', 'published.md'), 'utf8').split('\n');
  for (const { model, values } of table.rows) {
    const cells = table.columns.map(({ name, digits }) => values[name]?.toFixed(digits) ?? '-');
    const line = lines.find((one) => one.startsWith(`| ${model.replace('*', '\\*')} |`));
    assert.ok(line, model);
    assert.equal(
      line
        .split('|')
        .slice(2, -2)
        .map((cell) => cell.trim()),
      cells,
      model,
    );
  }
});

test('own rows of a scoring and of a run stand above, published ones are marked', () => {
  const scoring = written('scores.json', {
    predictions: 'mine.json',
    references: 'fec-bench',
    judge: 'rules',
    n: 800,
    metrics: {
      cider: { value: 0.25, interval: [0.2, 0.3] },
      tem: { value: 0.125, interval: null },
      autodq: { value: null, interval: null },
    },
  });
  writeFileSync(
    join(folder, 'result.json'),
    JSON.stringify({
      name: 'trackers',
      clips: [{ id: 'a' }, { id: 'b' }],
      notes: ['Batches of 4.', 'Judge: rules. Dataset drawn-faces, digest 1.'],
      analysis: {
        main: {
          columns: [{ score: 'rouge-l' }, { score: 'tem' }],
          rows: [{ label: 'none', cells: [{ estimate: { value: 0.5, interval: [0.4, 0.6] } }, { estimate: null }] }],
        },
      },
    }),
  );
  const own = [...readOwnRows(scoring), ...readOwnRows(folder)];
  assert.equal(own[0]!.scores, { cider: { value: 0.25, interval: [0.2, 0.3] }, tem: { value: 0.125, interval: null } });
  assert.equal(
    [own[1]!.label, own[1]!.n, own[1]!.notes, own[1]!.scores],
    ['trackers: none', 2, ['Judge: rules. Dataset drawn-faces, digest 1.'], { 'rouge-l': { value: 0.5, interval: [0.4, 0.6] } }],
  );
  const lines = besidePublished(table, own, 400).split('\n');
  assert.match(lines[0]!, /^FEC-Bench +Corr +Detail +Ctx +Temp +CIDEr +ROUGE-L +AutoDQ +TEM +TEM-reconstr\.$/);
  assert.match(lines[1]!, /^mine\.json +- +- +- +- +0\.250 \[0\.200 0\.300\] +- +- +- +0\.125$/);
  assert.match(lines[2]!, /^trackers: none +- +- +- +- +- +0\.500 \[0\.400 0\.600\] +- +- +-$/);
  assert.match(lines[3]!, /^\(p\) FaceTrack-MM 7B \[1\] +4\.42 +4\.30 +4\.60 +4\.26 +0\.418 +0\.473 +0\.483 +0\.364 +-$/);
  assert.is(lines.slice(3, 17).filter((line) => line.startsWith('(p) ')).length, 14);
});

test('what is no result is refused with its path', () => {
  for (const [path, message] of [
    [join(folder, 'nowhere.json'), 'there is no such file'],
    [written('empty.json', {}), 'holds no scores'],
    [written('list.json', [1]), 'holds no scores'],
    [written('null.json', 'null'), 'holds no scores'],
  ] as const) {
    assert.throws(
      () => readOwnRows(path),
      (error: { code: string; message: string; details: { where: { source: string } } }) =>
        error.code === 'USAGE' && error.message === message && error.details.where.source === path,
    );
  }
  assert.throws(() => readOwnRows(written('broken.json', '{')), /JSON/);
});

test.run();
