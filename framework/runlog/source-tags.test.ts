import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sourceTags } from './source-tags.js';
import { temporaryFolder } from './testing/temporary-folder.js';

test('outside of a repository: who and what', async () => {
  const tags = await sourceTags(temporaryFolder(), 'mienlab run x.yaml');
  assert.equal(Object.keys(tags), ['mlflow.user', 'mlflow.source.name', 'mlflow.source.type']);
  assert.is(tags['mlflow.source.name'], 'mienlab run x.yaml');
  assert.is(tags['mlflow.source.type'], 'LOCAL');
});

test('in a repository: commit, branch, address without secrets, whether something changed', async () => {
  const folder = temporaryFolder();
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: folder, encoding: 'utf8' }).trim();
  git('init', '-q', '-b', 'trunk');
  git('remote', 'add', 'origin', 'https://ann:secret@host/repo.git');
  writeFileSync(join(folder, 'a'), '1');
  git('add', 'a');
  git('commit', '-q', '-m', 'one');
  const clean = await sourceTags(folder, 'n');
  assert.is(clean['mlflow.source.git.commit'], git('rev-parse', 'HEAD'));
  assert.is(clean['mlflow.source.git.branch'], 'trunk');
  assert.is(clean['mlflow.source.git.repoURL'], 'https://host/repo.git');
  assert.is(clean['mlflow.source.git.dirty'], 'false');
  writeFileSync(join(folder, 'a'), '2');
  assert.is((await sourceTags(folder, 'n'))['mlflow.source.git.dirty'], 'true');
});

test.run();
