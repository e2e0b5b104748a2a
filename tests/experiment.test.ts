import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { freshFolder, mienlab, quickstart, startMienlab } from './mienlab.js';

const small = ['data.train=16', 'data.test=9', 'train.steps=6', 'train.auxiliary.steps-before=3', 'generate.max-new-tokens=16'];
const folder = freshFolder();

interface Outcome {
  folder: string;
  report: string;
  failed: string[];
}

interface Entry {
  type: string;
  run?: string;
  status?: string;
  [key: string]: unknown;
}

const journalOf = (runFolder: string) =>
  readFileSync(join(runFolder, 'journal.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry);

interface Result {
  settings: { label: string; runs: { scores: { name: string; values: (number | null)[] }[] }[] }[];
  samples: { predictions: Record<string, string> }[];
}

async function run(overrides: string[]): Promise<{ outcome: Outcome; result: Result; seconds: number; stderr: string }> {
  const started = performance.now();
  const { code, stdout, stderr } = await mienlab(['run', quickstart, ...small, ...overrides, '--json'], folder);
  assert.is(code, 0, stderr);
  const outcome = JSON.parse(stdout) as Outcome;
  const result = JSON.parse(readFileSync(join(outcome.folder, 'result.json'), 'utf8')) as Result;
  return { outcome, result, seconds: (performance.now() - started) / 1000, stderr };
}

let first: Awaited<ReturnType<typeof run>> | undefined;

test('an ablation goes from YAML to a report: three rows, all scores, overlays, a whole journal', async () => {
  first = await run([]);
  const { outcome, result } = first;
  assert.equal(
    result.settings.map(({ label }) => label),
    ['none', 'largest-face', 'facetrack'],
  );
  for (const { label, runs } of result.settings) {
    const names = runs[0]!.scores.map(({ name }) => name);
    for (const name of ['events', 'cider', 'rouge-l', 'bleu-4', 'tem', 'autodq']) assert.ok(names.includes(name), `${label} has ${name}`);
    assert.is(names.includes('principal-face'), label !== 'none');
    for (const { values } of runs[0]!.scores) assert.is(values.length, 9);
  }
  assert.ok(existsSync(outcome.report));
  assert.is(result.samples.length, 6);
  const entries = journalOf(outcome.folder);
  assert.is(entries.filter(({ type }) => type === 'start').length, 4);
  assert.equal(
    entries.filter(({ type }) => type === 'end').map(({ status }) => status),
    ['FINISHED', 'FINISHED', 'FINISHED', 'FINISHED'],
  );
  const values = (type: string, key: string) => {
    return entries.filter((entry) => entry.type === type).flatMap((entry) => (entry['values'] as Record<string, unknown>)[key] ?? []);
  };
  const told = ['16 visual tokens: 16 global, 0 face', '16 visual tokens: 8 global, 8 face', '16 visual tokens: 8 global, 8 face'];
  assert.equal(values('tags', 'mienlab.visual-tokens'), told);
  assert.equal(values('metrics', 'cost/face-tokens'), [0, 8, 8]);
  assert.ok(readdirSync(join(outcome.folder, 'artifacts')).length > 0);
});

test('a second run takes everything from the cache and says the same', async () => {
  const again = await run([]);
  assert.equal(again.result.samples, first!.result.samples);
  assert.equal(
    again.result.settings.map(({ runs }) => runs[0]!.scores.map(({ values }) => values)),
    first!.result.settings.map(({ runs }) => runs[0]!.scores.map(({ values }) => values)),
  );
  assert.not.match(again.stderr, /tune/);
});

test('a run that was interrupted is marked KILLED, leaves no process, and goes on where it stopped', async () => {
  const elsewhere = freshFolder();
  const { child, finished } = startMienlab(['run', quickstart, ...small, 'train.steps=4000', 'tracker=facetrack'], elsewhere);
  let said = '';
  child.stderr!.on('data', (data) => {
    if (!/tune/.test(said) && /tune/.test((said += data))) child.kill('SIGINT');
  });
  const { code, stderr } = await finished;
  assert.is(code, 130, stderr);
  assert.match(stderr, /INTERRUPTED/);
  const [runFolder] = readdirSync(join(elsewhere, '.mienlab/runs'));
  const entries = journalOf(join(elsewhere, '.mienlab/runs', runFolder!));
  assert.equal(
    entries.filter(({ type }) => type === 'end').map(({ status }) => status),
    ['KILLED', 'KILLED'],
  );
  assert.is(entries.at(-1)!.type, 'close');
  const left = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  assert.not.match(left, new RegExp(elsewhere));
});

test.run();
