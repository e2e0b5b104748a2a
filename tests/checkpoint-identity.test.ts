import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { freshFolder, mienlab } from './mienlab.js';

const experiment = `
defaults: [base, _self_]
name: continued
data: { train: 4, test: 3 }
video: { frames: 3 }
encoder: { width: 16, heads: 2, layers: 1 }
projector: { inner: 16 }
llm-head: { width: 32, heads: 2, layers: 1, vocabulary: 300 }
train: { steps: 2, batch: 2 }
generate: { max-new-tokens: 8, temperature: 1 }
compare: { resamples: 100, samples: 0 }
`;
const home = freshFolder();
const file = join(home, 'continued.yaml');
writeFileSync(file, experiment);
test.after(() => rmSync(home, { recursive: true, force: true }));
const tuneFolder = join(home, '.mienlab/cache/tune');

/** What the run log says of the tuning, and the checkpoints that are new since. */
async function run(...overrides: string[]): Promise<{ tuning: string; made: string[] }> {
  mkdirSync(tuneFolder, { recursive: true });
  const before = readdirSync(tuneFolder);
  const { code, stdout, stderr } = await mienlab(['run', file, 'tracker=none', 'metrics=rouge-l', '--json', ...overrides], home);
  assert.is(code, 0, stderr);
  const journal = readFileSync(join((JSON.parse(stdout) as { folder: string }).folder, 'journal.jsonl'), 'utf8');
  const tuning = /from the cache|done in this run/.exec(journal)![0];
  return { tuning, made: readdirSync(tuneFolder).filter((name) => !before.includes(name)) };
}

test('a checkpoint that was replaced is another checkpoint, though its path is the same', async () => {
  const [first] = (await run('seed=1')).made;
  const [second] = (await run('seed=2')).made;
  const given = join(home, 'given');
  const started = [`checkpoint=${given}`, 'train.steps=1'];
  cpSync(join(tuneFolder, first!), given, { recursive: true });
  const one = await run(...started);
  assert.equal([one.tuning, one.made.length], ['done in this run', 1]);
  assert.equal(await run(...started), { tuning: 'from the cache', made: [] });
  cpSync(join(tuneFolder, second!), given, { recursive: true, force: true });
  const other = await run(...started);
  assert.equal([other.tuning, other.made.length], ['done in this run', 1]);
  const weights = (name: string) => readFileSync(join(tuneFolder, name, 'model.safetensors')).toString('base64');
  assert.is.not(weights(other.made[0]!), weights(one.made[0]!));
});

test.run();
