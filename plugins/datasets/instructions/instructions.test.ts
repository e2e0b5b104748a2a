import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { datasetConforms, sourceFolder, testContext } from 'mienlab/conformance';
import type { Clip, PluginInputs } from 'mienlab/contracts';
import { Fault, FaultList } from 'mienlab/faults';
import { defaultConfig, seededRandom } from 'mienlab/plugin';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import plugin from './plugin.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-instructions-'));
test.after(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'videos/anna'), { recursive: true });
for (const name of ['a.mp4', 'b.mp4', 'c.mp4', 'anna/d.mp4', 'e.jpg']) writeFileSync(join(folder, 'videos', name), name);

const chat = (...values: string[]) => values.map((value, i) => ({ from: i % 2 ? 'gpt' : 'human', value }));
const put = (name: string, content: unknown): string => {
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  return join(folder, name);
};
const lines = (entries: readonly unknown[]) => entries.map((entry) => JSON.stringify(entry)).join('\n');

async function clipsOf(config: object, inputs: PluginInputs['dataset'] = {}): Promise<{ clips: readonly Clip[]; warnings: string[] }> {
  const context = testContext();
  const dataset = await plugin.create(context, { ...defaultConfig(plugin.config), 'test-share': 0, ...config }, inputs);
  return { clips: await dataset.clips(), warnings: context.warnings };
}

/** "line:column message" of every fault that a config ends in. */
async function faultsOf(config: object): Promise<string[]> {
  try {
    await clipsOf(config);
  } catch (error) {
    const faults = error instanceof FaultList ? error.faults : [error as Fault];
    return faults.map(({ message, details: { where } }) => `${where?.line ?? '-'}:${where?.column ?? '-'} ${message}`);
  }
  return [];
}

/** What is learnt of each clip, without what is as always. */
const talks = (clips: readonly Clip[]) =>
  clips.map(({ video, conversations = [] }) => [
    video.slice(folder.length + 1),
    ...conversations.map(({ turns, system }) => [
      ...(system ? [`S ${system}`] : []),
      ...turns.flatMap(({ instruction, answer }) => [instruction, answer]),
    ]),
  ]);

datasetConforms(plugin, sourceFolder(import.meta.url), {
  path: put(
    'conforms.jsonl',
    lines(['a', 'b', 'c'].map((name) => ({ video: `videos/${name}.mp4`, instruction: 'What?', caption: 'A face.' }))),
  ),
  'test-share': 0.5,
});

test('sharegpt by a dataset_info.json, as LLaMA-Factory documents it: tags, columns, system, videos', async () => {
  put('sharegpt.json', [
    {
      messages: [
        { role: 'user', content: '<video>Why is this video funny?' },
        { role: 'assistant', content: 'A baby reads.' },
        { role: 'user', content: 'Who?' },
        { role: 'assistant', content: 'A baby.' },
      ],
      videos: ['videos/a.mp4'],
    },
    {
      messages: [
        { role: 'system', content: 'Be brief.' },
        ...[
          { role: 'user', content: '<video>What?' },
          { role: 'assistant', content: 'A man.' },
        ],
      ],
      videos: ['videos/b.mp4'],
    },
  ]);
  const tags = { role_tag: 'role', content_tag: 'content', user_tag: 'user', assistant_tag: 'assistant', system_tag: 'system' };
  put('dataset_info.json', {
    demo: { file_name: 'sharegpt.json', formatting: 'sharegpt', columns: { messages: 'messages', videos: 'videos' }, tags },
    other: {
      file_name: 'alpaca.json',
      columns: { prompt: 'instruction', query: 'input', response: 'output', history: 'history', system: 'system', videos: 'videos' },
    },
  });
  put('alpaca.json', [
    {
      ...{
        instruction: '<video>What does she do?',
        input: 'In one word.',
        output: 'Smile.',
        system: 'You see faces.',
        videos: ['videos/c.mp4'],
      },
      history: [],
    },
    {
      instruction: 'And then?',
      input: '',
      output: 'Frowns.',
      history: [
        ['<video>Who?', 'A man.'],
        ['Old?', 'No.'],
      ],
      videos: ['videos/a.mp4'],
    },
  ]);
  const sharegpt = [
    ['videos/a.mp4', ['Why is this video funny?', 'A baby reads.', 'Who?', 'A baby.']],
    ['videos/b.mp4', ['S Be brief.', 'What?', 'A man.']],
  ];
  assert.equal(talks((await clipsOf({ path: folder, datasets: ['demo'] })).clips), sharegpt);
  assert.equal(talks((await clipsOf({ path: join(folder, 'sharegpt.json') })).clips), sharegpt);
  const alpaca = talks((await clipsOf({ path: join(folder, 'dataset_info.json'), datasets: ['other'] })).clips);
  assert.equal(alpaca, [
    ['videos/c.mp4', ['S You see faces.', 'What does she do?\nIn one word.', 'Smile.']],
    ['videos/a.mp4', ['Who?', 'A man.', 'Old?', 'No.', 'And then?', 'Frowns.']],
  ]);
  assert.equal(talks((await clipsOf({ path: join(folder, 'alpaca.json') })).clips), alpaca);
  // Both: what is said of one video is one clip.
  const { clips } = await clipsOf({ path: folder, weights: { other: 0.5 }, learn: 'last-answer' });
  assert.equal(
    clips.map(({ id, conversations }) => [id, conversations!.map(({ weight, learn }) => [weight ?? 1, learn])]),
    [
      [
        'videos-a',
        [
          [1, 'last-answer'],
          [0.5, 'last-answer'],
        ],
      ],
      ['videos-b', [[1, 'last-answer']]],
      ['videos-c', [[0.5, 'last-answer']]],
    ],
  );
});

test('LLaVA and VideoLLaMA2, as their documentation has it; JSON Lines of captions', async () => {
  const both = put('llava.json', [
    { id: '997bb945', image: 'videos/e.jpg', conversations: chat('<image>\nWrite a prompt.', 'a painting. ') },
    { id: 0, video: 'videos/e.jpg', conversations: chat('<image>\nWhat are the colors?', 'White and red.') },
    { id: 1, video: 'videos/b.mp4', conversations: chat('What happens?\n<video>', 'A man sails.', 'Where?', 'At sea.') },
  ]);
  assert.equal(talks((await clipsOf({ path: both })).clips), [
    ['videos/e.jpg', ['Write a prompt.', 'a painting.'], ['What are the colors?', 'White and red.']],
    ['videos/b.mp4', ['What happens?', 'A man sails.', 'Where?', 'At sea.']],
  ]);
  const captions = put(
    'captions.jsonl',
    lines([
      { video: 'a.mp4', caption: 'One.' },
      { video: 'b.mp4', instruction: 'Who?', caption: 'Two.' },
    ]),
  );
  const { clips } = await clipsOf({ path: captions, root: join(folder, 'videos'), instruction: 'Say.' });
  assert.equal(talks(clips), [
    ['videos/a.mp4', ['Say.', 'One.']],
    ['videos/b.mp4', ['Who?', 'Two.']],
  ]);
  assert.equal(clips[0]!.references, []);
});

test('what is tested is asked the first question, each other question of a video as a clip of its own', async () => {
  const path = put('tested.json', [
    { video: 'videos/a.mp4', conversations: chat('<video>Who?', 'A man.', 'Old?', 'No.') },
    { video: 'videos/a.mp4', conversations: chat('<video>\nWho?', 'Someone.') },
    { video: 'videos/a.mp4', conversations: chat('<video>Why?', 'Because.') },
  ]);
  const { clips } = await clipsOf({ path, splits: { tested: 'test' } });
  assert.equal(clips, [
    { id: 'videos-a', video: join(folder, 'videos/a.mp4'), split: 'test', instruction: 'Who?', references: ['A man.', 'Someone.'] },
    { id: 'videos-a-2', video: join(folder, 'videos/a.mp4'), split: 'test', instruction: 'Why?', references: ['Because.'] },
  ]);
});

test('splits: by video, folder or a key of the entries; a person is never in two, and stays when others come', async () => {
  const random = seededRandom(5);
  const names = Array.from({ length: 60 }, (_, i) => `videos/split-${i}.mp4`);
  for (const name of names) writeFileSync(join(folder, name), name);
  const entries = names.map((video, i) => ({ video, caption: 'x', person: `p${i % 12}`, order: random.next() }));
  const splitsOf = async (of: typeof entries, config: object) => {
    const { clips } = await clipsOf({ path: put('split.jsonl', lines(of)), 'test-share': 0.3, 'validation-share': 0.2, ...config });
    return new Map(clips.map(({ video, split }) => [video, split]));
  };
  const person = await splitsOf(entries, { 'split-by': 'person' });
  const byPerson = new Map<string, Set<string>>();
  entries.forEach((entry) => {
    const split = person.get(join(folder, entry.video))!;
    byPerson.set(entry.person, (byPerson.get(entry.person) ?? new Set()).add(split));
  });
  assert.ok([...byPerson.values()].every((all) => all.size === 1));
  assert.is(new Set(person.values()).size, 3);
  const fewer = await splitsOf([...entries].sort((a, b) => a.order - b.order).slice(20), { 'split-by': 'person' });
  for (const [video, split] of fewer) assert.is(person.get(video), split);
  const counts = [...(await splitsOf(entries, {})).values()].filter((split) => split === 'test').length;
  assert.ok(counts > 8 && counts < 28, `${counts} of 60`);
  assert.is(new Set((await splitsOf(entries, { 'split-by': 'folder' })).values()).size, 1);
  assert.equal(await faultsOf({ path: join(folder, 'captions.jsonl'), root: join(folder, 'videos'), 'split-by': 'person' }), [
    '1:1 it does not say its "person", by which splits are drawn',
    '2:1 it does not say its "person", by which splits are drawn',
  ]);
});

/** An entry, and what is told of it: the text that stands at the place, and the message. */
const bad: readonly [unknown, ...[at: string, message: string][]][] = [
  [{ video: 'videos/a.mp4', conversations: chat('<video>Who?', ' ') }, ['" "', 'the answer is empty']],
  [{ video: 'videos/a.mp4', conversations: chat('Who?', 'x') }, ['"Who', 'it has 0 <video> for 1 video']],
  [{ video: 'videos/a.mp4', conversations: chat('<image>Who?', 'x') }, ['"<im', 'it has 0 <video> for 1 video and 1 <image> for 0 image']],
  [{ video: 'videos/a.mp4', conversations: chat('<video><video>Who?', 'x') }, ['"<vi', 'it has 2 <video> for 1 video']],
  [{ video: 'videos/a.mp4', conversations: chat('Who?', 'x', '<video>y', 'z') }, ['"<vi', '<video> in question 2']],
  [
    { video: 'videos/a.mp4', conversations: chat('Who?', '<video>') },
    ['"<vi', '<video> in an answer'],
    ['"Who', 'it has 0 <video> for 1 video'],
  ],
  [{ video: 'videos/a.mp4', conversations: chat('<video>Who?', 'x', '', 'z') }, ['""', 'question 2 is empty']],
  [{ video: 'videos/a.mp4', conversations: chat('<video>Who?') }, ['[{', 'the last question has no answer']],
  [{ video: 'videos/a.mp4', conversations: chat('<video>Who?', 'x').reverse() }, ['"x', '"gpt" speaks where "human" would']],
  [{ video: 'videos/a.mp4', conversations: [{ from: 'humans', value: '<video>' }] }, ['"humans', 'nobody is called "humans"']],
  [{ video: 'videos/a.mp4', conversations: [{ from: 'human', value: 3 }] }, ['3}', 'turn 1 says a number']],
  [{ video: 'videos/a.mp4', conversations: [{ from: 'observation', value: 'x' }] }, ['"obs', 'a turn of a tool cannot be used']],
  [{ video: 'videos/a.mp4', conversations: [] }, ['[]', 'it has no turns under "conversations"']],
  [{ conversations: chat('Who?', 'x') }, ['', 'it shows nothing']],
  [{ video: ['videos/a.mp4', 'videos/b.mp4'], conversations: chat('<video><video>Who?', 'x') }, ['"videos/b', 'it shows 2 files']],
  [{ video: 7, conversations: chat('<video>Who?', 'x') }, ['7', 'a path is a number']],
  [{ video: '../a.mp4', conversations: chat('<video>Who?', 'x') }, ['"..', '"../a.mp4" leaves the data folder']],
  [{ video: '/etc/passwd', conversations: chat('<video>Who?', 'x') }, ['"/', '"/etc/passwd" leaves the data folder']],
  [
    { video: 'videos/a.mp4', conversations: chat('<video>Who?', 'x'), tools: [1] },
    ['[1', '"tools" holds what a sample of videos and texts cannot have'],
  ],
  [{ video: 'videos/a.mp4', conversations: chat('<video>Who?', 'x'), split: 'tset' }, ['"ts', 'there is no split "tset"']],
  [{ instruction: '<video>What?', output: '', videos: ['videos/a.mp4'] }, ['""', 'the answer is empty']],
  [
    { instruction: '<video>What?', output: 'x', history: [['a']], videos: ['videos/a.mp4'] },
    ['["a', 'entry 1 of "history" is no pair of texts'],
  ],
  [{ video: 'videos/a.mp4', caption: null }, ['null', 'it has no caption']],
  [{ vidoe: 'videos/a.mp4', caption: 'x' }, ['', 'this is an entry of no known form']],
  ['x', ['', 'an entry is no object']],
];

test('what is wrong with an entry is told with line and column, all of it', async () => {
  for (const [entry, ...expected] of bad) {
    const text = JSON.stringify(entry);
    const told = expected.map(([at, message]) => `1:${text.indexOf(at) + 1} ${message}`);
    assert.equal(await faultsOf({ path: put('bad.jsonl', text) }), told, text);
  }
  // The first entry says what form the file has.
  const path = put('several.jsonl', lines([bad[0]![0], { video: 'videos/b.mp4', caption: 'x' }, 'x']));
  assert.equal(
    (await faultsOf({ path })).map((fault) => fault.replace(/:\d+/, '')),
    ['1 the answer is empty', '2 it has no turns under "conversations"', '3 an entry is no object'],
  );
});

test('on-error skip leaves out what cannot be used, and says so; nothing left is a fault all the same', async () => {
  const path = put(
    'skip.jsonl',
    `${lines([
      { video: 'videos/a.mp4', caption: 'x' },
      { video: 'videos/none.mp4', caption: 'y' },
      { video: 'videos/b.mp4', caption: ' ' },
    ])}\n{"video":`,
  );
  assert.equal(await faultsOf({ path }), [
    '2:1 there is no ' + join(folder, 'videos/none.mp4'),
    '3:35 the answer is empty',
    '4:10 the JSON ends too early',
  ]);
  const { clips, warnings } = await clipsOf({ path }, { onError: 'skip' });
  assert.equal(talks(clips), [['videos/a.mp4', ['Describe the facial expressions of the main person.', 'x']]]);
  assert.is(warnings.length, 1);
  assert.match(warnings[0]!, /^left out: 1 of missing video \(\S+skip\.jsonl:2\), 1 of empty answer \(.*:3\), 1 of broken JSON \(.*:4\)/);
  const none = put('none.jsonl', lines([{ video: 'videos/a.mp4', caption: '' }]));
  await clipsOf({ path: none }, { onError: 'skip' }).then(
    () => assert.unreachable(),
    (error) => assert.match((error as Error).message, 'the answer is empty'),
  );
});

test('a video in two splits is a fault', async () => {
  const path = put('twice.jsonl', lines(['train', 'test'].map((split) => ({ video: 'videos/a.mp4', caption: 'x', split }))));
  assert.match((await faultsOf({ path }))[0]!, /^2:1 videos\/a\.mp4 is in test here, and in train at \S+twice\.jsonl:1$/);
});

test('what is wrong with a dataset_info.json is told at once', async () => {
  const inner = join(folder, 'info');
  mkdirSync(inner);
  writeFileSync(
    join(inner, 'dataset_info.json'),
    `{
  "a": { "file_name": "none.json", "formating": "sharegpt" },
  "b": { "hf_hub_url": "x/y" },
  "c": { "file_name": "../sharegpt.json", "formatting": "chatml" },
  "d": { "file_name": "dataset_info.json", "ranking": true, "columns": { "chosen": "c", "promt": "p" }, "num_samples": 0 }
}`,
  );
  assert.equal(await faultsOf({ path: inner, datasets: ['a', 'b', 'c', 'd', 'e'] }), [
    '1:1 no dataset is called "e"',
    '2:49 "formating" says nothing about a dataset',
    `2:23 there is no ${join(inner, 'none.json')}`,
    '3:24 "b" is not on this machine: data is not fetched',
    '3:8 it names no file',
    '4:57 there is no format "chatml"',
    '4:23 "../sharegpt.json" leaves the folder of dataset_info.json',
    '5:55 "d" ranks answers: instruction samples have one',
    '5:84 "chosen" is of data with preferences: instruction samples have one answer',
    '5:98 "promt" is no name here',
    '5:120 num_samples is 0',
  ]);
  assert.match((await faultsOf({ path: [join(folder, 'nowhere.json'), folder] }))[0]!, 'there is no');
  assert.match((await faultsOf({ path: join(folder, 'skip.jsonl'), weights: { skp: 2 } }))[0]!, 'data.weights: there is no part "skp"');
});

test('num_samples draws so many of all, the same each time', async () => {
  put(
    'many.jsonl',
    lines(Array.from({ length: 40 }, (_, i) => ({ instruction: '<video>What?', output: `${i}`, videos: ['videos/a.mp4'] }))),
  );
  const inner = join(folder, 'some');
  mkdirSync(inner);
  writeFileSync(
    join(inner, 'dataset_info.json'),
    JSON.stringify({ many: { file_name: 'many.jsonl', num_samples: 7, columns: { videos: 'videos' } } }),
  );
  writeFileSync(
    join(inner, 'many.jsonl'),
    lines(Array.from({ length: 40 }, (_, i) => ({ instruction: '<video>What?', output: `${i}`, videos: ['videos/a.mp4'] }))),
  );
  const draw = async () =>
    talks((await clipsOf({ path: inner, root: folder })).clips)[0]!
      .slice(1)
      .map((talk) => Number(talk[1]));
  const drawn = await draw();
  assert.is(drawn.length, 7);
  assert.ok(drawn.some((i) => i > 20));
  assert.equal(await draw(), drawn);
});

test('mutated entries are faults with a place or samples, never a crash', async () => {
  const random = seededRandom(12);
  const base = [
    bad[0]![0],
    { instruction: '<video>What?', output: 'x', history: [['a', 'b']], videos: ['videos/a.mp4'] },
    { video: 'videos/a.mp4', caption: 'x' },
  ];
  const values = [null, 0, '', 'x', [], {}, [null], { from: 'gpt' }, '\u0000', '<video>', -1, true, '__proto__'].map((value) =>
    JSON.stringify(value),
  );
  for (let n = 0; n < 400; n++) {
    const entry = JSON.parse(JSON.stringify(base[random.integer(3)])) as Record<string, unknown>;
    const mutate = (of: Record<string, unknown>): void => {
      const keys = Object.keys(of);
      const key = keys[random.integer(keys.length)];
      if (key === undefined) return;
      const inner = of[key];
      if (typeof inner === 'object' && inner !== null && random.integer(3)) mutate(inner as Record<string, unknown>);
      else of[key] = JSON.parse(values[random.integer(values.length)]!);
    };
    for (let edits = 1 + random.integer(3); edits > 0; edits--) mutate(entry);
    const faults = await faultsOf({ path: put('mutated.jsonl', JSON.stringify(entry)) });
    for (const fault of faults) assert.match(fault, /^1:\d+ /, JSON.stringify(entry));
  }
});

test.run();
