import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault, FaultList } from '../faults/index.js';
import { composeConfig, type OverrideInput } from './compose-config.js';
import { MemorySource } from './memory-source.js';

const files = {
  'config.yaml':
    'defaults:\n  - tracker: iou\n  - _self_\nseed: 7\ntrain:\n  rate: 0.1\n  steps: ${seed}\nlist: [1, two]\ncopy: ${train}\n',
  'tracker/iou.yaml': 'kind: iou\n# a note\nthreshold: 0.3\n',
  'tracker/deep.yaml': 'defaults: [iou]\nkind: deep\n',
};

function compose(texts: Record<string, string>, overrides: OverrideInput[] = [], name = 'config') {
  return composeConfig({ configDirs: [new MemorySource(texts)], name, overrides, env: {} });
}

function faultsOf(texts: Record<string, string>, overrides: OverrideInput[] = [], name = 'config'): readonly Fault[] {
  try {
    compose(texts, overrides, name);
  } catch (error) {
    if (error instanceof FaultList) return error.faults;
    throw error;
  }
  throw new Error('no fault');
}

const codes = (texts: Record<string, string>, overrides: OverrideInput[] = [], name = 'config') =>
  faultsOf(texts, overrides, name).map((fault) => fault.code);
const place = ({ details }: Fault) => [
  details.where?.source,
  details.where?.line,
  details.where?.column,
  details.excerpt?.text,
  details.excerpt?.start,
];

test('every value knows file, line and column', () => {
  const composed = compose(files, ['tracker=deep', 'train.rate=0.2', '+new.deep=[a]', 'list=[3]']);
  assert.equal(composed.origin(['seed']), { source: 'config.yaml', line: 4, column: 7 });
  assert.equal(composed.origin(['train', 'steps']), { source: 'config.yaml', line: 7, column: 10 });
  assert.equal(composed.origin(['tracker', 'threshold']), { source: 'tracker/iou.yaml', line: 3, column: 12 });
  assert.equal(composed.origin(['tracker', 'kind']), { source: 'tracker/deep.yaml', line: 2, column: 7 });
  assert.equal(composed.origin(['train', 'rate']), { source: 'command line, argument 2' });
  assert.equal(composed.origin(['new', 'deep', 0]), { source: 'command line, argument 3' });
  assert.equal(composed.origin(['list', 0]), { source: 'command line, argument 4' });
  assert.equal(composed.origin(['copy', 'rate']), { source: 'command line, argument 2' });
  assert.is(composed.origin(['nothing']), undefined);
  assert.equal(composed.choiceOrigin('tracker'), { source: 'command line, argument 1' });
  assert.equal(compose(files).choiceOrigin('tracker'), { source: 'config.yaml', line: 2, column: 14 });
});

test('a fault about a value or a key shows where it was written', () => {
  const composed = compose(files, ['train.rate=high']);
  const value = composed.fault(['train', 'rate'], 'CONFIG_TYPE', 'no number');
  assert.equal(place(value), ['command line, argument 1', undefined, undefined, 'train.rate=high', 11]);
  assert.equal(place(composed.fault(['train'], 'CONFIG_TYPE', 'x', {}, 'key')), ['config.yaml', 5, 1, 'train:', 0]);
  assert.equal(place(composed.fault(['tracker', 'nothing', 'there'], 'CONFIG_MISSING', 'x', {}, 'key')).slice(0, 2), [
    'tracker/iou.yaml',
    1,
  ]);
  assert.equal(place(composed.choiceFault('tracker', 'PLUGIN_UNKNOWN', 'x')), ['config.yaml', 2, 14, '  - tracker: iou', 13]);
});

test('all faults of the overrides come together', () => {
  const faults = faultsOf(files, ['seeed=1', 'a=(', 'train.rat=2', { source: 'elsewhere', text: '~nothing', single: true }]);
  assert.equal(
    faults.map(({ code, details }) => [code, details.where?.source, details.nearest]),
    [
      ['OVERRIDE_SYNTAX', 'command line, argument 2', undefined],
      ['CONFIG_UNKNOWN_KEY', 'command line, argument 1', 'seed'],
      ['CONFIG_UNKNOWN_KEY', 'command line, argument 3', 'rate'],
      ['CONFIG_UNKNOWN_KEY', 'elsewhere', undefined],
    ],
  );
  assert.match(faults[1]!.details.hint!, '+seeed=1');
});

test('an unknown option: who asked, what there is', () => {
  const [fault, second] = faultsOf(files, ['tracker=iuo']);
  assert.is(second, undefined);
  assert.equal(place(fault!), ['command line, argument 1', undefined, undefined, 'tracker=iuo', 8]);
  assert.equal(fault!.details.known, ['deep', 'iou']);
  assert.is(fault!.details.nearest, 'iou');
  const [within] = faultsOf({ ...files, 'tracker/deep.yaml': 'defaults:\n  - nothing\n  - /detctor: x\n' }, ['tracker=deep']);
  assert.equal(place(within!).slice(0, 3), ['tracker/deep.yaml', 3, 15]);
  assert.equal(
    codes({ ...files, 'tracker/deep.yaml': 'defaults:\n  - nothing\n  - /detctor: x\n' }, ['tracker=deep']),
    ['PLUGIN_UNKNOWN', 'CHOICE_UNKNOWN'].reverse(),
  );
});

test('a required choice and required values', () => {
  const texts = { ...files, 'config.yaml': 'defaults:\n  - tracker: ???\nname: ???\nlist: [1, ???]\n' };
  const [fault] = faultsOf(texts);
  assert.is(fault!.code, 'CONFIG_MISSING');
  assert.equal(place(fault!).slice(0, 3), ['config.yaml', 2, 14]);
  assert.equal(fault!.details.known, ['deep', 'iou']);
  const composed = compose(texts, ['tracker=iou']);
  assert.equal(composed.config, { tracker: { kind: 'iou', threshold: 0.3 }, name: '???', list: [1, '???'] });
});

test('cycles', () => {
  assert.equal(codes({ 'config.yaml': 'defaults: [other]\n', 'other.yaml': 'defaults: [config]\n' }), ['CONFIG_CYCLE']);
  const deep = { 'config.yaml': 'defaults:\n  - g: a\n', 'g/a.yaml': 'defaults:\n  - a@x\n' };
  assert.equal(codes(deep), ['CONFIG_CYCLE']);
  assert.equal(codes({ 'config.yaml': 'a: ${b}\nb: ${c}\nc: ${a}\n' }), ['CONFIG_CYCLE', 'CONFIG_CYCLE', 'CONFIG_CYCLE']);
  assert.equal(codes({ 'config.yaml': 'a: {b: "${a}"}\n' }), ['CONFIG_CYCLE']);
  assert.ok(codes({ 'config.yaml': 'a: {x: "${b}"}\nb: {y: "${a}"}\n' }).every((code) => code === 'CONFIG_CYCLE'));
});

test('what grows too large is a fault', () => {
  const bomb =
    'a: &a [x, x, x, x, x, x, x, x, x, x]\n' +
    'bcdefgh'.replace(/./g, (key) => `${key}: &${key} [${`*${String.fromCharCode(key.charCodeAt(0) - 1)}, `.repeat(10)}]\n`);
  assert.equal(codes({ 'config.yaml': bomb }), ['CONFIG_TOO_LARGE']);
  const spread =
    'a: [x, x, x, x, x, x, x, x, x, x]\n' +
    'bcdefgh'.replace(/./g, (key) => `${key}: [${`"\${${String.fromCharCode(key.charCodeAt(0) - 1)}}", `.repeat(10)}]\n`);
  assert.equal(codes({ 'config.yaml': spread }), ['CONFIG_TOO_LARGE']);
  const doubled =
    'a: xxxxxxxxxxxxxxxxxxxx\n' +
    'bcdefghijklmnopqrstuvwxyz'.replace(/./g, (key) => `${key}: "${`\${${String.fromCharCode(key.charCodeAt(0) - 1)}}`.repeat(4)}"\n`);
  assert.equal(codes({ 'config.yaml': doubled }), ['CONFIG_TOO_LARGE']);
  assert.equal(codes({ 'config.yaml': `a: ${'['.repeat(5000)}` }), ['CONFIG_TOO_LARGE']);
  assert.equal(codes({ 'config.yaml': `a: ${'['.repeat(300)}${']'.repeat(300)}` }), ['CONFIG_TOO_LARGE']);
  assert.equal(codes({ 'config.yaml': `a: ${'x'.repeat(1 << 21)}` }), ['CONFIG_TOO_LARGE']);
  assert.equal(
    codes({ 'config.yaml': 'a0: 1\n' + Array.from({ length: 2000 }, (_, i) => `a${i + 1}: \${a${i}}\n`).join('') })[0],
    'CONFIG_TOO_LARGE',
  );
});

test('malformed YAML: place and excerpt', () => {
  const faulty = (text: string) => place(faultsOf({ 'config.yaml': text })[0]!);
  assert.equal(faulty('a: 1\nb: [1, 2\nc: 3\n').slice(0, 2), ['config.yaml', 3]);
  assert.equal(faulty('a: 1\nb: 2\na: 3\n'), ['config.yaml', 3, 1, 'a: 3', 0]);
  assert.equal(faulty('a: *nowhere\n').slice(0, 3), ['config.yaml', 1, 4]);
  assert.equal(faulty('a: !!python/object:os.system {}\n').slice(0, 2), ['config.yaml', 1]);
  assert.equal(faulty('x: 1\nv: "${a"\n').slice(0, 3), ['config.yaml', 2, 4]);
  assert.equal(codes({ 'config.yaml': 'a: 1\n---\nb: 2\n' }), ['CONFIG_SYNTAX']);
  assert.equal(codes({ 'config.yaml': 'a: 1\na: 2\nb: &x [*x]\n' }).length > 0, true);
});

test('faults of several files come together', () => {
  const texts = { 'config.yaml': 'defaults:\n  - one\n  - two\n  - three\n', 'one.yaml': 'a: [', 'two.yaml': 'b: 1\nb: 2\n' };
  const faults = faultsOf(texts);
  assert.equal(new Set(faults.map((fault) => fault.details.where?.source)), new Set(['config.yaml', 'two.yaml', 'one.yaml']));
});

test('a text of many kinds of trouble never throws anything but faults', () => {
  let state = 3;
  const next = (below: number) => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % below;
  const pieces = [
    'a',
    'b',
    ': ',
    ':',
    '- ',
    '\n',
    '\n  ',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '&x ',
    '*x',
    '!!int ',
    '!t ',
    '# ',
    '|\n',
    '>\n',
    '<<: ',
    '???',
    '${a}',
    '${',
    '\\',
    '%',
    '@',
    '\t',
    '1',
    '0x',
    '1:30',
    ',',
    'defaults:\n  - ',
    '_self_',
    'g@p: q',
    '? ',
    '---\n',
    '~',
  ];
  for (let round = 0; round < 4_000; round++) {
    let text = '';
    for (let length = next(14); length >= 0; length--) text += pieces[next(pieces.length)]!;
    try {
      compose({ 'config.yaml': text });
    } catch (error) {
      assert.ok(
        error instanceof Fault || error instanceof FaultList,
        `${JSON.stringify(text)}: ${error instanceof Error ? error.stack : String(error)}`,
      );
    }
  }
});

test('nothing is added to an interpolation that leads nowhere', () => {
  for (const value of ['5', '[]', '{x: 1}'])
    assert.equal(codes(files, ["train.rate='${nope}'", `+train.rate=${value}`]), ['INTERPOLATION']);
  assert.equal(compose(files, ["train.rate='${nope}'", '++train.rate={x: 1}']).config['train'], { rate: { x: 1 }, steps: 7 });
});

test('what Hydra has not, or not yet', () => {
  assert.equal(compose(files, ['list=extend_list(x, 4)']).config['list'], [1, 'two', 'x', 4]);
  assert.equal(codes(files, ['seed=extend_list(x)']), ['CONFIG_TYPE']);
  assert.equal(codes(files, ['hydra.run.dir=x']), ['CONFIG_UNKNOWN_KEY']);
  assert.equal(compose({ 'config.yaml': 'hydra: {run: {dir: x}}\na: 1\n' }).config, { a: 1 });
  assert.throws(
    () => compose({ 'config.yaml': 'a: 12345678901234567890\n' }).config,
    (error: unknown) => error instanceof Fault && error.code === 'CONFIG_VALUE',
  );
  assert.equal(Object.keys(compose({ 'config.yaml': '__proto__: {a: 1}\n' }).config), ['__proto__']);
  const old = compose({ 'config.yaml': 'new: 1\nold: ${oc.deprecated:new}\n' });
  assert.equal([old.config['old'], old.warnings], [1, ["'old' is deprecated. Change your config to use 'new'"]]);
});

test('the first source that has a file wins', () => {
  const own = new MemorySource({ 'config.yaml': 'defaults:\n  - tracker: iou\n', 'tracker/mine.yaml': 'kind: mine\n' });
  const both = composeConfig({ configDirs: [own, new MemorySource(files)], name: 'config', overrides: [], env: {} });
  assert.equal(both.config, { tracker: { kind: 'iou', threshold: 0.3 } });
  assert.equal(composeConfig({ configDirs: [own, new MemorySource(files)], name: 'config', overrides: ['tracker=mine'], env: {} }).config, {
    tracker: { kind: 'mine' },
  });
});

test.run();
