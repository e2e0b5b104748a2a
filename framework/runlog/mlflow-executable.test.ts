import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { mlflowExecutable } from './mlflow-executable.js';
import { temporaryFolder } from './testing/temporary-folder.js';

test('the newest in the cache, unless another is named', () => {
  const cache = temporaryFolder();
  process.env['MIENLAB_CACHE'] = cache;
  assert.is(mlflowExecutable({}), undefined);
  for (const version of ['3.9.0', '3.17.2']) {
    mkdirSync(join(cache, 'mlflow', version, 'bin'), { recursive: true });
    writeFileSync(join(cache, 'mlflow', version, 'bin', 'mlflow'), '');
  }
  mkdirSync(join(cache, 'mlflow', '3.18.0.aside'));
  assert.is(mlflowExecutable({}), join(cache, 'mlflow', '3.17.2', 'bin', 'mlflow'));
  const named = join(cache, 'mlflow', '3.9.0', 'bin', 'mlflow');
  assert.is(mlflowExecutable({ MIENLAB_MLFLOW: named }), named);
  assert.is(mlflowExecutable({ MIENLAB_MLFLOW: '/nowhere/mlflow' }), undefined);
});

test.run();
