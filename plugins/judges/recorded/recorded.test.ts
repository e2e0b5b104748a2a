import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { judgeConforms, manifestConforms, sourceFolder, testContext } from 'mienlab/conformance';
import plugin from './plugin.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-recorded-'));
test.after(() => rmSync(folder, { recursive: true }));

const captions = ['She smiles. She blinks.', 'He frowns.'];
const events = [['she smiles', 'she blinks'], ['he frowns']];
const rating = { question: 'Describe the facial expressions.', reference: captions[0], prediction: captions[1] };
const lines = [
  { judge: 'people of the lab' },
  { ask: 'events', input: { caption: captions[0] }, answer: ['overwritten by the next line'] },
  { ask: 'events', input: { caption: captions[0] }, answer: events[0] },
  { ask: 'events', input: { caption: captions[1] }, answer: events[1] },
  { ask: 'relations', input: { caption: captions[0], events: events[1] }, answer: ['contradiction'] },
  // The order of keys does not matter.
  { ask: 'relations', input: { events: events[0], caption: captions[1] }, answer: ['neutral', 'entailment'] },
  { ask: 'relations', input: { caption: captions[1], events: [...events[0]!].reverse() }, answer: ['entailment', 'neutral'] },
  ...['correctness', 'detail', 'context', 'temporal'].map((ask, i) => ({ ask, input: rating, answer: [i] })),
];
const file = join(folder, 'answers.jsonl');
writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

manifestConforms(plugin, sourceFolder(import.meta.url));
judgeConforms(plugin, { captions, config: { file }, odd: false });

async function fault(work: () => unknown): Promise<{ code: string; details: { where?: { line?: number } } }> {
  try {
    await work();
  } catch (error) {
    return error as never;
  }
  throw new Error('it should have failed');
}

test('is named after who answered; what it does not know is a failure', async () => {
  const judge = await plugin.create(testContext(), { file }, { grammar: null });
  assert.match(judge.id, /^recorded [0-9a-f]{8} of people of the lab$/);
  assert.equal(await judge.rate!('context', rating as never), [2]);
  assert.is((await fault(() => judge.events('Never seen.'))).code, 'JUDGE_FAILED');
});

test('a missing file and a damaged line say where', async () => {
  const open = (path: string) => plugin.create(testContext(), { file: path }, { grammar: null });
  assert.is((await fault(() => open(join(folder, 'none.jsonl')))).code, 'ASSET_MISSING');
  for (const line of ['{"ask": "events"', '[]', '{"ask": "events", "input": 3, "answer": []}']) {
    const path = join(folder, 'damaged.jsonl');
    writeFileSync(path, `{"judge": "x"}\n\n${line}\n`);
    const damaged = await fault(() => open(path));
    assert.is(damaged.code, 'JUDGE_FAILED');
    assert.is(damaged.details.where?.line, 3);
  }
});

test.run();
