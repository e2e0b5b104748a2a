import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { freshFolder, mienlab } from './mienlab.js';

// dist/tests -> the folder that holds the repository.
const shared = fileURLToPath(new URL('../../../shared/', import.meta.url));
const golden = existsSync(`${shared}goldens/captions`) ? test : test.skip;
const folder = freshFolder();
test.after(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, content: unknown) =>
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
const score = (args: string, env?: NodeJS.ProcessEnv) => mienlab(['score', ...args.split(' ')], folder, env);

interface Result {
  n: number;
  metrics: Record<
    string,
    { value: number; interval: [number, number]; n: number; failed: number; beside: Record<string, { value: number }> }
  >;
  items: Record<string, Record<string, number | null>>;
  notes: { id: string; what: string }[];
  skipped: { metric: string; reason: string }[];
}

golden('FEC-Bench predictions score what pycocoevalcap gives, as a whole and item by item', async () => {
  const env = { MIENLAB_FEC_BENCH: `${shared}data/fec-bench/test.json` };
  const predictions = `${shared}goldens/captions/set1_shift.predictions.json`;
  const { code, stdout, stderr } = await score(`--predictions ${predictions} --references fec-bench --resamples 200 --json`, env);
  assert.equal([code, stderr], [0, '']);
  const result = JSON.parse(stdout) as Result;
  const expected = JSON.parse(readFileSync(`${shared}goldens/captions/set1_shift.scores.json`, 'utf8')) as {
    ids: string[];
    bleu: number[];
    bleu_each: number[][];
    rougeL: number;
    rougeL_each: number[];
    cider: number;
    cider_each: number[];
  };
  const near = (actual: number | null, value: number, what: string) =>
    assert.ok(Math.abs(actual! - value) < 1e-9, `${what}: ${actual} ${value}`);
  near(result.metrics['cider']!.value, expected.cider, 'cider');
  near(result.metrics['rouge-l']!.value, expected.rougeL, 'rouge-l');
  expected.bleu.forEach((value, i) => near(result.metrics[`bleu-${i + 1}`]!.value, value, `bleu-${i + 1}`));
  expected.ids.forEach((id, i) => {
    near(result.items[id]!['cider']!, expected.cider_each[i]!, `cider of ${id}`);
    near(result.items[id]!['rouge-l']!, expected.rougeL_each[i]!, `rouge-l of ${id}`);
    near(result.items[id]!['bleu-4']!, expected.bleu_each[3]![i]!, `bleu-4 of ${id}`);
  });
  // The blind level of ROUGE-L on these captions.
  const constant = result.metrics['rouge-l']!.beside['constant']!.value;
  assert.ok(constant > 0.38 && constant < 0.4, `constant ${constant}`);
  assert.is(result.n, 800);
});

golden('every eighth item with the document frequencies of all is the golden’s', async () => {
  const subset = JSON.parse(readFileSync(`${shared}goldens/captions/subset_fixed_df.json`, 'utf8')) as {
    ids: string[];
    cider_fixed_df_each: number[];
  };
  const all = JSON.parse(readFileSync(`${shared}goldens/captions/set1_shift.predictions.json`, 'utf8')) as Record<string, string>;
  write('some.json', Object.fromEntries(subset.ids.map((id) => [id, all[id]])));
  const env = { MIENLAB_FEC_BENCH: `${shared}data/fec-bench/test.json` };
  const args = '--predictions some.json --references fec-bench --metrics cider --allow-missing --no-baselines --resamples 0 --json';
  const { code, stdout } = await score(`${args} cider.df=fec-bench`, env);
  assert.is(code, 0);
  const result = JSON.parse(stdout) as Result;
  subset.ids.forEach((id, i) => assert.ok(Math.abs(result.items[id]!['cider']! - subset.cider_fixed_df_each[i]!) < 1e-9, id));
  assert.is(result.notes.length, 800 - subset.ids.length);
});

test('empty captions, 100,000 words and NULs are scored, and said', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  write('r.jsonl', ids.map((id) => JSON.stringify({ id, caption: `the man ${id} smiles and then he looks down` })).join('\n'));
  const long = 'he smiles and frowns '.repeat(25_000);
  write('p.json', {
    a: '',
    b: long,
    c: 'the man c smiles\0 and\u2028then',
    d: '\ud83d\ude00',
    e: 'the man e smiles and then he looks down',
  });
  const { code, stdout, stderr } = await score('--predictions p.json --references r.jsonl --json --metrics cider,rouge-l,bleu,autodq');
  assert.equal([code, stderr], [0, '']);
  const { items, notes, metrics, skipped } = JSON.parse(stdout) as Result;
  assert.equal(items['a'], { cider: 0, 'rouge-l': 0, 'bleu-1': 0, 'bleu-2': 0, 'bleu-3': 0, 'bleu-4': 0 });
  assert.ok(Math.abs(items['e']!['rouge-l']! - 1) < 1e-12);
  assert.ok(items['b']!['bleu-1']! > 0 && items['b']!['bleu-1']! < 0.001);
  assert.equal(
    notes.map(({ id }) => id),
    ['a', 'c', 'c'],
  );
  assert.is(metrics['cider']!.n, 5);
  assert.equal(
    skipped.map(({ metric }) => metric),
    ['autodq'],
  );
});

test('what is wrong is told with its place and exit code', async () => {
  write('r.json', { a: 'one', b: 'two' });
  write('broken.json', '{"a": "one",\n "b": two}');
  write('twice.json', '{"a": "one",\n "a": "two"}');
  write('fewer.json', { a: 'one' });
  for (const [args, exit, pattern] of [
    ['--predictions broken.json --references r.json', 1, /broken\.json:2:7/],
    ['--predictions twice.json --references r.json', 1, /twice\.json:2:2[^]*stands twice/],
    ['--predictions fewer.json --references r.json', 1, /in r\.json and not in fewer\.json: b[^]*--allow-missing/],
    ['--predictions absent.json --references r.json', 1, /no such file/],
    ['--references r.json', 2, /--predictions is missing/],
    ['--predictions r.json --references r.json --metrics cidr', 2, /nearest is "cider"|cider/],
    ['--predictions r.json --references r.json cider.sigma=0', 2, /cider\.sigma/],
    ['--predictions r.json --references r.json bleu.x=1 --metrics cider', 2, /bleu\.x=1/],
    ['--predictions r.json --references r.json --resamples -1', 2, /resamples/],
    ['--predictions r.json --references fec-bench', 3, /MIENLAB_FEC_BENCH/],
  ] as const) {
    const { code, stderr, stdout } = await score(args, { MIENLAB_FEC_BENCH: '' });
    assert.equal([code, stdout], [exit, ''], `${args}: ${stderr}`);
    assert.match(stderr, pattern, args);
  }
});

test('a run of the log is kept where it is asked for', async () => {
  write('r.json', { a: 'one man', b: 'two men', c: 'three' });
  const { code, stdout, stderr } = await score('--predictions r.json --references r.json --metrics rouge-l --mlflow --per-item');
  assert.is(code, 0, stderr);
  assert.match(stdout, /rouge-l +1\.000 +\[1\.000 1\.000\] +3/);
  assert.match(stdout, /\nid\trouge-l\na\t1\n/);
  const run = /sync (\S+)/.exec(stderr)![1]!;
  const journal = readFileSync(join(folder, run, 'journal.jsonl'), 'utf8');
  assert.match(journal, '"score/rouge-l"');
  assert.match(journal, '"baseline/rouge-l.constant"');
});

test.run();
