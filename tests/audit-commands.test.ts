import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const program = resolve('bin/mienlab.js');
const folder = mkdtempSync(join(tmpdir(), 'mienlab-audit-'));
test.after(() => rmSync(folder, { recursive: true }));
const run = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, MIENLAB_FEC_BENCH: '' },
  });
  return { status, stdout, stderr };
};

test('audit-metrics prints and writes the same numbers', () => {
  const captions = {
    a: 'A man. At the beginning of the video, he nods, and looks to the left. Then, he smiles.',
    b: 'A woman. At the beginning of the video, she frowns. Then, her eyes open.',
  };
  writeFileSync(join(folder, 'references.json'), JSON.stringify(captions));
  const { status, stdout } = run(
    'audit-metrics',
    '--references',
    'references.json',
    '--metrics',
    'rouge-l',
    'rouge-l.beta=1',
    '--json',
    '--out',
    'out',
    '--resamples',
    '20',
  );
  assert.is(status, 0);
  assert.equal(JSON.parse(stdout), JSON.parse(readFileSync(join(folder, 'out', 'audit.json'), 'utf8')));
  // Twice the words with beta 1: F = 2 * 1 * .5 / 1.5.
  const { metrics } = JSON.parse(stdout) as { metrics: { responses: Record<string, { perturbed: { value: number } }> }[] };
  assert.ok(Math.abs(metrics[0]!.responses['doubled']!.perturbed.value - 2 / 3) < 1e-12);
});

test('own scores stand beside published ones', () => {
  const scores = run('score', '--predictions', 'references.json', '--references', 'references.json', '--metrics', 'rouge-l', '--json');
  writeFileSync(join(folder, 'scores.json'), scores.stdout);
  const { status, stdout } = run('compare', '--published', 'scores.json');
  assert.is(status, 0);
  assert.match(stdout, /\nreferences\.json +- +- +- +- +- +1\.000 /);
  assert.match(stdout, /\n\(p\) FaceTrack-MM 7B \[1\] +4\.42 /);
  const { own, published } = JSON.parse(run('compare', '--published', '--json').stdout) as {
    own: unknown[];
    published: { rows: unknown[] };
  };
  assert.equal([own.length, published.rows.length], [0, 14]);
});

test('wrong arguments end with 2, a missing set with where to get it', () => {
  for (const [args, status, said] of [
    [['compare'], 2, /compare with what/],
    [['compare', '--published', 'nowhere.json'], 2, /nowhere\.json[\s\S]*there is no such file/],
    [['audit-metrics'], 2, /--references is missing/],
    [['audit-metrics', '--references', 'references.json', '--items', '-1'], 2, /--items -1 is no whole number/],
    [['audit-metrics', '--references', 'references.json', '--metrics', 'rouge'], 2, /rouge-l/],
    [['audit-metrics', '--references', 'fec-bench'], 3, /MIENLAB_FEC_BENCH/],
  ] as const) {
    const result = run(...args);
    assert.is(result.status, status, `${args.join(' ')}: ${result.stderr}`);
    assert.match(result.stderr, said);
  }
});

test.run();
