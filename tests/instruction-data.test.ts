import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { testContext } from '../framework/plugin/conformance/index.js';
import { defaultConfig } from '../framework/plugin/index.js';
import drawnFaces from '../plugins/datasets/drawn-faces/plugin.js';
import { freshFolder, mienlab, quickstart } from './mienlab.js';

const folder = freshFolder();
const data = join(folder, 'data');
const overrides = ['data=instructions', `data.path=${data}`, '+data.weights.talks=2', 'tracker=facetrack', 'llm-head.context-length=256'];

/** Conversations about drawn people, as LLaMA-Factory has them. */
async function talks(): Promise<void> {
  const config = { ...defaultConfig(drawnFaces.config), train: 4, validation: 0, test: 2, length: 2, 'frame-rate': 8 };
  const drawn = await drawnFaces.create(testContext(), config, {});
  const clips = await drawn.clips();
  const samples = clips.map(({ id, video, split, references: [caption] }) => {
    cpSync(video, join(data, 'videos', `${id}.mp4`), { recursive: true });
    const words = caption!.split(' ');
    const messages = ['<video>Who is it?', words.slice(0, 3).join(' '), 'What happens?', words.slice(3).join(' ')].map((content, i) => ({
      role: i % 2 ? 'assistant' : 'user',
      content,
    }));
    return { messages, videos: [`videos/${id}.mp4`], split };
  });
  const another = { messages: [...samples[0]!.messages].slice(0, 2), videos: samples[0]!.videos, split: 'train' };
  writeFileSync(join(data, 'talks.json'), JSON.stringify([...samples, another]));
  const tags = { role_tag: 'role', content_tag: 'content', user_tag: 'user', assistant_tag: 'assistant' };
  const columns = { messages: 'messages', videos: 'videos' };
  writeFileSync(
    join(data, 'dataset_info.json'),
    JSON.stringify({ talks: { file_name: 'talks.json', formatting: 'sharegpt', columns, tags } }),
  );
}

test('conversations of a sharegpt file are learnt for two steps, and what is tested is asked their first question', async () => {
  await talks();
  const validated = await mienlab(['validate', quickstart, ...overrides, 'train.steps=2', '--json'], folder);
  assert.is(validated.code, 0, validated.stderr);
  const [{ found }] = (JSON.parse(validated.stdout) as { data: [{ found: unknown }] }).data;
  assert.equal(found, { samples: { train: 5, validation: 0, test: 2 }, videos: 6, problems: {} });

  const small = ['train.steps=2', 'train.auxiliary.name=none', 'generate.max-new-tokens=6'];
  const { code, stdout, stderr } = await mienlab(['run', quickstart, ...overrides, ...small, '--json'], folder);
  assert.is(code, 0, stderr);
  const { folder: made } = JSON.parse(stdout) as { folder: string };
  const result = JSON.parse(readFileSync(join(made, 'result.json'), 'utf8')) as {
    settings: { runs: { scores: { name: string; values: (number | null)[] }[] }[] }[];
    samples: { clip: string; references: string[] }[];
  };
  const { scores } = result.settings[0]!.runs[0]!;
  assert.is(scores.find(({ name }) => name === 'rouge-l')!.values.length, 2);
  assert.equal(result.samples.map(({ clip }) => clip).sort(), ['videos-test-00000', 'videos-test-00001']);
  for (const { references } of result.samples) assert.match(references[0]!, /^[^.]+$/);
});

test('validate tells everything that is wrong with the data at once, with its place and counts', async () => {
  const good = readFileSync(join(data, 'talks.json'), 'utf8');
  const [first] = JSON.parse(good) as [{ messages: { content: string }[]; videos: string[] }];
  const text = (change: object) => JSON.stringify({ ...first, ...change });
  writeFileSync(join(data, 'videos', 'text.mp4'), 'this is no video\n'.repeat(40));
  cpSync(join(data, first.videos[0]!), join(data, 'videos', 'copy.mp4'));
  const long = [
    { role: 'user', content: '<video>Who?' },
    { role: 'assistant', content: 'word 123, '.repeat(300) },
  ];
  const lines = [
    ...[text({}), '{"messages": [', text({ videos: ['videos/none.mp4'] }), text({ videos: ['../out.mp4'] })],
    ...[text({ videos: [] }), text({ videos: ['videos/text.mp4'] }), text({ videos: ['videos/copy.mp4'], split: 'test' })],
    ...[text({ messages: long }), text({ messages: [first.messages[0], { role: 'assistant', content: '' }] })],
    ...Array.from({ length: 25 }, () => '{'),
  ];
  writeFileSync(join(data, 'broken.jsonl'), lines.join('\n'));
  const path = join(data, 'broken.jsonl');
  const { code, stderr } = await mienlab(
    ['validate', quickstart, 'data=instructions', `data.path=${path}`, 'tracker=facetrack', '--shown', '3'],
    folder,
  );
  assert.is(code, 1, stderr);
  const told = stderr
    .split('\n\n')
    .map((fault) => fault.replaceAll(data, 'DATA').split('\n').slice(0, 2).join(' ').replace(/\s+/g, ' ').trim());
  const expected = [
    /^DATA\/broken\.jsonl:2:15 DATASET_INVALID the JSON ends too early$/,
    /^DATA\/broken\.jsonl:10:2 DATASET_INVALID the JSON ends too early$/,
    /^DATA\/broken\.jsonl:11:2 DATASET_INVALID the JSON ends too early$/,
    /^DATASET_INVALID broken JSON: 23 more, 26 in all$/,
    /^DATA\/broken\.jsonl:3:1 DATASET_MISSING there is no DATA\/videos\/none\.mp4$/,
    /^DATA\/broken\.jsonl:4:\d+ DATASET_INVALID "\.\.\/out\.mp4" leaves the data folder$/,
    /^DATA\/broken\.jsonl:5:\d+ DATASET_INVALID it shows nothing$/,
    /^DATA\/broken\.jsonl:6:1 VIDEO_UNREADABLE /,
    /^DATA\/broken\.jsonl:7:1 DATASET_INVALID DATA\/videos\/copy\.mp4 is in test, and what is in it in train too/,
    /^DATA\/broken\.jsonl:8:1 TENSOR_SHAPE sample 0 has \d+ visual embeddings and \d+ text tokens/,
    /^DATA\/broken\.jsonl:9:\d+ DATASET_INVALID the answer is empty$/,
  ];
  for (const pattern of expected)
    assert.ok(
      told.some((fault) => pattern.test(fault)),
      `${pattern} in\n${told.join('\n')}`,
    );
});

test('a run leaves out what cannot be used, or ends before anything is done, as data.on-error says', async () => {
  const run = (onError: string) => {
    const settings = [`data.path=${join(data, 'broken.jsonl')}`, `data.on-error=${onError}`, 'train.steps=1', 'train.auxiliary.name=none'];
    return mienlab(
      ['run', quickstart, 'data=instructions', ...settings, 'tracker=facetrack', 'generate.max-new-tokens=4', '--json'],
      folder,
    );
  };
  const failed = await run('fail');
  assert.is(failed.code, 1);
  assert.match(failed.stderr, /and 10 more: /);
  const skipped = await run('skip');
  assert.is(skipped.code, 0, skipped.stderr);
  assert.match(skipped.stderr, /left out: 26 of broken JSON/);
  assert.match(skipped.stderr, /the same video is in two splits: videos-copy \(test\) and videos-train-\d+ \(train\)/);
  assert.match(skipped.stderr, /1 of 2 training samples cannot be used and are left out: videos-\S+: sample 0 has/);
  assert.ok(existsSync(folder));
});

test.run();
