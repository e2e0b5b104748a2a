import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault, FaultList } from '../faults/index.js';
import { composeExperiment } from './compose-experiment.js';
import { commandLineArgument } from './origin.js';

const test = suite<{ folder: string }>();

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'mienlab-compose-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

function write(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

const files = {
  'x.yaml': 'defaults:\n  - net: ???\n  - _self_\nseed: 0\ntrain: {rate: 0.1}\nsweep:\n  net: [a, b]\n  train.rate: range(0.5, 2)\n',
  'net/a.yaml': 'name: a\n',
  'net/b.yaml': 'name: b\n',
};

function faultsOf(run: () => unknown): readonly Fault[] {
  try {
    run();
  } catch (error) {
    if (error instanceof FaultList) return error.faults;
    if (error instanceof Fault) return [error];
    throw error;
  }
  throw new Error('no fault');
}

test('a sweep block: last key fastest, its groups need no choice before, no block in the jobs', ({ folder }) => {
  write(folder, files);
  const { axes, jobs } = composeExperiment(join(folder, 'x.yaml'));
  assert.equal(
    axes.map(({ key, values }) => [key, values]),
    [
      ['net', ['net=a', 'net=b']],
      ['train.rate', ['train.rate=0.5', 'train.rate=1.5']],
    ],
  );
  assert.equal(
    jobs.map(({ overrides, swept, composed }) => [overrides, swept, composed.config]),
    [
      ['a', 0.5],
      ['a', 1.5],
      ['b', 0.5],
      ['b', 1.5],
    ].map(([name, rate]) => [
      [`net=${name}`, `train.rate=${rate}`],
      { net: name, 'train.rate': String(rate) },
      { net: { name }, seed: 0, train: { rate } },
    ]),
  );
  const place = jobs[2]!.composed.choiceOrigin('net');
  assert.match(place!.source, /x\.yaml:7:8$/);
});

test('the command line takes the place of an axis, and adds its own', ({ folder }) => {
  write(folder, files);
  const { axes, jobs } = composeExperiment(
    join(folder, 'x.yaml'),
    ['net=b', 'seed=1,2', 'train.rate=glob(*)', 'train.rate=9'].map(commandLineArgument),
  );
  assert.equal(
    axes.map(({ key }) => key),
    ['seed'],
  );
  assert.equal(
    jobs.map(({ overrides }) => overrides),
    [
      ['net=b', 'train.rate=9', 'seed=1'],
      ['net=b', 'train.rate=9', 'seed=2'],
    ],
  );
});

test('sweep=null and ~sweep take the block away', ({ folder }) => {
  write(folder, files);
  for (const override of ['sweep=null', '~sweep']) {
    const { axes, jobs } = composeExperiment(join(folder, 'x.yaml'), [override, 'net=a']);
    assert.equal([axes, jobs.map(({ composed }) => composed.config)], [[], [{ net: { name: 'a' }, seed: 0, train: { rate: 0.1 } }]]);
  }
});

test('values of every kind keep their kind', ({ folder }) => {
  write(folder, {
    'x.yaml': "v: null\nsweep:\n  v: [1, 1.0, '1', true, 'true', null, a b, \"it's\", [x, 1], {p: 'q'}, '', 1e-5, '${w}']\nw: 5\n",
  });
  const { jobs } = composeExperiment(join(folder, 'x.yaml'));
  assert.equal(
    jobs.map(({ composed }) => composed.config['v']),
    [1, 1, '1', true, 'true', null, 'a b', "it's", ['x', 1], { p: 'q' }, '', 1e-5, 5],
  );
});

test('a folder called experiments is the root of its sub-folders', ({ folder }) => {
  write(folder, {
    'experiments/sub/x.yaml': 'defaults:\n  - /net: a\n  - sibling\n  - _self_\nown: 1\n',
    'experiments/sub/sibling.yaml': 'sibling: 2\n',
    'experiments/net/a.yaml': 'name: a\n',
    'experiments/extra/e.yaml': '# @package _global_\nextra: 3\n',
  });
  const { jobs } = composeExperiment(join(folder, 'experiments/sub/x.yaml'), ['+extra=e']);
  assert.equal(jobs[0]!.composed.config, { net: { name: 'a' }, sibling: 2, own: 1, extra: 3 });
});

test("plugins' defaults are the last to be searched", ({ folder }) => {
  write(folder, { 'x.yaml': 'defaults:\n  - tracker: largest-face\n' });
  const { composed } = composeExperiment(join(folder, 'x.yaml')).jobs[0]!;
  assert.equal(composed.choices, { tracker: 'largest-face' });
  assert.match(composed.origin(['tracker', 'name'])!.source, /plugins\/trackers\/largest-face\/default\.yaml$/);
  const [fault] = faultsOf(() => composeExperiment(join(folder, 'x.yaml'), [commandLineArgument('tracker=largest-fcae', 2)]));
  assert.equal(
    [fault!.code, fault!.details.nearest, fault!.details.where],
    ['PLUGIN_UNKNOWN', 'largest-face', { source: 'command line, argument 2' }],
  );
});

test('faults of sweep blocks', ({ folder }) => {
  const faults = (text: string, overrides: string[] = []) => {
    write(folder, {
      'x.yaml': text,
      'e/adds.yaml': '# @package _global_\nsweep: {seed: [1, 2]}\n',
      'e/plain.yaml': '# @package _global_\nz: 1\n',
    });
    return faultsOf(() => composeExperiment(join(folder, 'x.yaml'), overrides)).map(({ code, details }) => [
      code,
      details.key,
      details.where?.line,
    ]);
  };
  assert.equal(faults('a: {sweep: {seed: [1]}}\nseed: 0\n'), [['CONFIG_UNKNOWN_KEY', 'a.sweep', 1]]);
  assert.equal(faults('seed: 0\nsweep: [1]\n'), [['CONFIG_TYPE', 'sweep', 2]]);
  assert.equal(faults('seed: 0\nsweep:\n  seed: 5\n  a: []\n  b: {c: [1]}\n'), [
    ['CONFIG_TYPE', 'sweep.seed', 3],
    ['CONFIG_TYPE', 'sweep.a', 4],
    ['CONFIG_TYPE', 'sweep.b', 5],
  ]);
  assert.equal(faults('seed: 0\nsweep:\n  seed: interval(0, 1)\n')[0]![0], 'OVERRIDE_SYNTAX');
  assert.equal(faults('seed: 0\nsweep: {e: glob(q*)}\n')[0]![0], 'CONFIG_VALUE');
  assert.equal(faults('seed: 0\nsweep: {sead: [1, 2]}\n')[0]!.slice(0, 2), ['CONFIG_UNKNOWN_KEY', 'sead']);
  assert.equal(faults('defaults:\n  - e: plain\n  - _self_\nseed: 0\nsweep: {e: [plain, adds]}\n'), [['CONFIG_VALUE', 'sweep.seed', 2]]);
  assert.equal(faults('seed: 0\nsweep:\n  seed: range(0, 20000)\n')[0]![0], 'CONFIG_TOO_LARGE');
});

test('an experiment that is not there', () => {
  const [fault] = faultsOf(() => composeExperiment('quickstrat'));
  assert.is(fault!.code, 'CONFIG_NOT_FOUND');
  assert.ok(fault!.details.known!.includes('quickstart'));
});

test.run();
