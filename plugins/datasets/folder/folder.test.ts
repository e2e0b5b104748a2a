import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { datasetConforms, sourceFolder, testContext } from 'mienlab/conformance';
import type { Random } from 'mienlab/contracts';
import { Fault, FaultList } from 'mienlab/faults';
import { defaultConfig, seededRandom } from 'mienlab/plugin';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseCsv } from './csv.js';
import plugin from './plugin.js';
import { readRows } from './rows.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-folder-'));
test.after(() => rmSync(folder, { recursive: true }));
const put = (name: string, text = 'x') => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
mkdirSync(join(folder, 'videos'));
for (const name of ['b.mp4', 'a.MOV', 'a.mkv', 'c d.webm', 'notes.pdf', '.hidden.mp4']) put(`videos/${name}`);
put('videos/b.txt', ' A woman smiles.\n');
datasetConforms(plugin, sourceFolder(import.meta.url), { path: join(folder, 'videos') });

async function clipsOf(config: object) {
  const context = testContext();
  const dataset = await plugin.create(context, { ...defaultConfig(plugin.config), ...config }, {});
  return { clips: await dataset.clips(), warnings: context.warnings };
}

/** "line: message" of every fault that a config ends in. */
async function faultsOf(config: object): Promise<string[]> {
  try {
    await clipsOf(config);
  } catch (error) {
    const faults = error instanceof FaultList ? error.faults : [error as Fault];
    return faults.map((fault) => `${fault.details.where?.line ?? '-'}: ${fault.message}`);
  }
  return [];
}

test('a folder: videos by name, captions beside them', async () => {
  const { clips } = await clipsOf({ path: join(folder, 'videos') });
  assert.equal(
    clips.map(({ id, references, split }) => [id, references, split]),
    [
      ['a', [], 'test'],
      ['a-2', [], 'test'],
      ['b', ['A woman smiles.'], 'test'],
      ['c-d', [], 'test'],
    ],
  );
});

const wanted = [
  {
    id: 'one',
    video: join(folder, 'videos/b.mp4'),
    split: 'train',
    instruction: 'What does she do?',
    references: ['She smiles, "broadly".'],
    kind: 'close',
  },
  { id: 'videos-a', video: join(folder, 'videos/a.mkv'), split: 'test', instruction: 'Describe it.', references: [] },
];

test('json, jsonl and csv say the same', async () => {
  const rows = [
    {
      video: 'videos/b.mp4',
      caption: 'She smiles, "broadly".',
      instruction: 'What does she do?',
      split: 'train',
      id: 'one',
      kind: 'close',
    },
    { video: 'videos/a.mkv' },
  ];
  put('a.json', `\ufeff${JSON.stringify(rows, null, 2)}`);
  put('a.jsonl', `${JSON.stringify({ ...rows[0], caption: [rows[0]!.caption] })}\n\n${JSON.stringify(rows[1])}\n`);
  put(
    'a.csv',
    'video,caption,instruction,split,id,kind\r\nvideos/b.mp4,"She smiles, ""broadly"".",What does she do?,train,one,close\r\nvideos/a.mkv,,,,,\r\n',
  );
  for (const name of ['a.json', 'a.jsonl', 'a.csv']) {
    assert.equal((await clipsOf({ path: join(folder, name), instruction: 'Describe it.' })).clips, wanted, name);
  }
});

test('all faults of a file come together with their lines', async () => {
  const path = put(
    'bad.jsonl',
    [
      '{"video": "videos/b.mp4", "id": "x"}',
      '{"vidoe": "videos/b.mp4"}',
      '{"video": "videos/b.mp4", "split": "trian"}',
      '{"video": "videos/b.mp4", "caption": ["a", 3]}',
      '',
      '{"video": "videos/b.mp4", "id": "x"}',
      '{"video": "videos/b.mp4", "id": "a/b", "caption": ""}',
    ].join('\n'),
  );
  assert.equal(await faultsOf({ path }), [
    '2: the clip has no video, but "vidoe"',
    '3: there is no split "trian"',
    '4: a caption is 3',
    '7: its id is "a/b"',
    '7: a caption is ""',
    '6: its id "x" is that of line 1 already',
  ]);
});

test('broken files are faults with their place', async () => {
  const cases: [string, string, string | RegExp][] = [
    ['1.json', '[\n {"video": "a.mp4"},\n {"video" "b.mp4"}\n]', /^3: the JSON is malformed here/],
    ['2.json', '{"video": "a.mp4"}', '1: the file is not a list'],
    ['3.json', '[\n  {"video": "a.mp4"},\n  [1, {"x": 2}],\n 5]', '3: a clip is a list'],
    ['4.jsonl', '{"video": "a.mp4"}\n{"video": ', /^2: the JSON is malformed here/],
    ['5.csv', 'video,caption\na.mp4,one, two\n', '2: 3 cells where the header has 2'],
    ['6.csv', 'video,caption\na.mp4,"one\n', '2: a double quote is opened and never closed'],
    ['7.csv', 'video,video\na,b\n', '1: two columns are called "video"'],
    ['8.csv', 'video,caption\n"a"b,c\n', '2: "b" after a closing double quote'],
    ['9.csv', 'video\n', '-: it lists no clip'],
    ['10.txt', 'a.mp4', /10\.txt is not a dataset file$/],
    [
      '11.json',
      '[{"video": "videos/b.mp4"}, {"video": "gone.mp4"}, {"video": "lost.mp4"}]',
      /2 of 3 videos are not there: .*gone\.mp4 \(line 1\), .*lost/,
    ],
  ];
  for (const [name, text, expected] of cases) {
    const [fault, ...more] = await faultsOf({ path: put(name, text) });
    assert.is(more.length, 0, name);
    if (typeof expected === 'string') assert.is(fault, expected);
    else assert.match(fault!, expected);
  }
  writeFileSync(join(folder, 'latin.csv'), Buffer.from([0x76, 0xe9, 0x0a]));
  assert.match((await faultsOf({ path: join(folder, 'latin.csv') }))[0]!, /cannot be read/);
  assert.match((await faultsOf({ path: join(folder, 'nowhere') }))[0]!, /there is no .*nowhere/);
  mkdirSync(join(folder, 'bare'));
  assert.match((await faultsOf({ path: join(folder, 'bare') }))[0]!, /there is no video in/);
});

test('missing videos can be skipped, and unknown columns are named', async () => {
  const path = put('some.json', '[{"video": "videos/b.mp4", "captoin": "x"}, {"video": "gone.mp4"}]');
  const { clips, warnings } = await clipsOf({ path, missing: 'skip' });
  assert.equal(
    clips.map(({ id }) => id),
    ['videos-b'],
  );
  assert.match(warnings.join('\n'), /captoin \(caption\?\)/);
  assert.match(warnings.join('\n'), /1 of 2 videos are not there/);
});

test('shares deal clips by path: steady when others are added, near the shares', async () => {
  const rows = Array.from({ length: 1000 }, (_, i) => ({ video: 'videos/b.mp4', id: `c${i}` }));
  const shares = { 'test-share': 0.2, 'validation-share': 0.1 };
  const same = (await clipsOf({ path: put('same.json', JSON.stringify(rows)), ...shares })).clips;
  assert.is(new Set(same.map(({ split }) => split)).size, 1, 'one video is in one split');
  for (let i = 0; i < 300; i++) put(`videos/n${i}.avi`);
  const all = (await clipsOf({ path: join(folder, 'videos'), ...shares })).clips;
  const count = (split: string) => all.filter((clip) => clip.split === split).length / all.length;
  assert.ok(Math.abs(count('test') - 0.2) < 0.06 && Math.abs(count('validation') - 0.1) < 0.05);
  for (let i = 0; i < 300; i += 2) rmSync(join(folder, `videos/n${i}.avi`));
  const half = new Map((await clipsOf({ path: join(folder, 'videos'), ...shares })).clips.map(({ id, split }) => [id, split]));
  assert.ok(all.every(({ id, split }) => !half.has(id) || half.get(id) === split));
});

const pieces = ['a', 'é', '"', '""', ',', '\n', '\r\n', ' ', '{', '[', '\\', ''];
const anyText = (random: Random) => Array.from({ length: random.integer(6) }, () => pieces[random.integer(pieces.length)]).join('');

test('csv: what is written by the rules is read back, with its lines', () => {
  const random = seededRandom(11);
  for (let round = 0; round < 300; round++) {
    const rows = Array.from({ length: 1 + random.integer(5) }, () => [`v${random.integer(9)}`, anyText(random), anyText(random)]);
    const end = random.next() < 0.5 ? '\n' : '\r\n';
    const quote = (cell: string) => (/[",\r\n]/.test(cell) || random.next() < 0.3 ? `"${cell.replaceAll('"', '""')}"` : cell);
    let line = 2;
    const lines = rows.map((row) => {
      const at = line;
      line += 1 + row.join('').split('\n').length - 1;
      return at;
    });
    const text = [['video', 'x', 'y'], ...rows].map((row) => row.map(quote).join(',')).join(end) + (random.next() < 0.5 ? end : '');
    const read = parseCsv(text, 's.csv');
    assert.equal(
      read.map(({ values }) => ['video', 'x', 'y'].map((name) => values[name] ?? '')),
      rows,
    );
    assert.equal(
      read.map(({ where }) => where.line),
      lines,
    );
  }
});

test('json: rows know their lines, and no text makes the readers fail otherwise than by a fault', () => {
  const random = seededRandom(12);
  for (let round = 0; round < 300; round++) {
    const items = Array.from({ length: 1 + random.integer(4) }, () => ({
      video: anyText(random),
      more: [[anyText(random)], { a: [1, 2] }],
    }));
    let text = '[';
    const lines = items.map((item, i) => {
      text += `${i ? ',' : ''}${random.next() < 0.7 ? '\n' : ' '}`;
      const line = text.split('\n').length;
      text += JSON.stringify(item, null, random.integer(3));
      return line;
    });
    const read = readRows(`${text}\n]`, 's.json');
    assert.equal(
      read.map(({ where }) => where.line),
      lines,
    );
    for (const name of ['s.json', 's.jsonl', 's.csv']) {
      try {
        readRows(anyText(random) + text.slice(0, random.integer(text.length)) + anyText(random), name);
      } catch (error) {
        assert.instance(error, Fault);
      }
    }
  }
});

const clips = join(sourceFolder(import.meta.url), '../../../../shared/data');
if (existsSync(clips)) {
  test('the shared clips, and FEC-Bench as it is released', async () => {
    const ids = (await clipsOf({ path: join(clips, 'clips') })).clips.map(({ id }) => id);
    assert.equal(ids, ['01-one-face-sad-to-happy', '04-two-faces-head-tilt', '07-one-face-smile', '10-two-faces-speech']);
    const [fault] = await faultsOf({ path: join(clips, 'fec-bench/test.json'), root: folder });
    assert.match(fault!, /800 of 800 videos are not there/);
  });
} else console.log(`skipped: no ${clips}`);

test.run();
