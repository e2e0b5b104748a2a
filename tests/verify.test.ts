import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Comparison } from '../framework/contracts/index.js';
import { freshFolder, mienlab } from './mienlab.js';

// dist/tests -> the folder that holds the repository.
const goldens = fileURLToPath(new URL('../../../shared/goldens/transformers/', import.meta.url));
const present = existsSync(goldens);
if (!present) console.log(`skipped: no ${goldens}`);
const golden = present ? test : test.skip;

const folder = freshFolder();
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of a golden folder that may be changed. */
function copyOf(name: string, to = name): string {
  const path = join(folder, to);
  mkdirSync(path);
  for (const file of ['config.json', 'golden.json', 'golden.safetensors', 'model.safetensors']) {
    const source = join(goldens, name, file);
    if (existsSync(source)) writeFileSync(join(path, file), readFileSync(source));
  }
  return path;
}

golden('a folder that agrees passes: a table, or JSON', async () => {
  const path = copyOf('mistral-sliding');
  const text = await mienlab(['verify', 'checkpoint', path], folder);
  assert.equal([text.code, text.stderr], [0, '']);
  assert.match(text.stdout, /logits +\d\.\de-\d +5\.0e-5 {2}absolute {2}ok\n/);
  assert.match(text.stdout, 'grad_norms, worst of 21 ');
  assert.match(text.stdout, /\npassed: 43 comparisons\n$/);
  const json = await mienlab(['verify', 'checkpoint', path, '--json', '--backend', 'wasm'], folder);
  const result = JSON.parse(json.stdout) as { passed: boolean; plugin: string; backend: string; comparisons: Comparison[] };
  assert.equal([json.code, result.passed, result.plugin, result.backend], [0, true, 'llm-head causal-lm', 'wasm']);
  assert.is(result.comparisons.length, 43);
});

golden('a folder that does not agree fails with exit code 1 and says what; a known error of float32 widens the tolerance', async () => {
  const path = copyOf('qwen3');
  const file = join(path, 'golden.json');
  const values = JSON.parse(readFileSync(file, 'utf8')) as { loss: number };
  writeFileSync(file, JSON.stringify({ ...values, loss: values.loss + 1e-3 }));
  const off = await mienlab(['verify', 'checkpoint', path], folder);
  assert.is(off.code, 1);
  assert.match(off.stdout, /\nloss +1\.0e-3 +1\.0e-5 {2}absolute {2}FAIL\n/);
  assert.match(off.stdout, /\nFAILED: 1 of 46 comparisons\n$/);
  writeFileSync(file, JSON.stringify({ ...values, loss: values.loss + 1e-3, float32_error: { loss: 2e-4 } }));
  assert.is((await mienlab(['verify', 'checkpoint', path], folder)).code, 0);
});

golden('files that lack or are damaged: exit code 2 and their names', async () => {
  const path = copyOf('qwen2-untied', 'damaged');
  const failing = async (what: string) => {
    const { code, stdout, stderr } = await mienlab(['verify', 'checkpoint', path], folder);
    assert.equal([code, stdout], [2, ''], stderr);
    assert.match(stderr, what);
  };
  truncateSync(join(path, 'model.safetensors'), 5000);
  await failing('model.safetensors');
  rmSync(join(path, 'model.safetensors'));
  await failing('has neither model.safetensors nor');
  cpSync(join(goldens, 'qwen3/config.json'), join(path, 'config.json'));
  cpSync(join(goldens, 'qwen2-untied/model.safetensors'), join(path, 'model.safetensors'));
  await failing('model.layers.0');
  writeFileSync(join(path, 'config.json'), '{"model_type": "qwen9"}');
  await failing('no plugin can be the model "qwen9"');
  rmSync(join(path, 'config.json'));
  await failing('has neither config.json nor adapter_config.json');
  writeFileSync(join(path, 'golden.json'), '{');
  await failing('golden.json is not JSON');
  rmSync(join(path, 'golden.safetensors'));
  await failing('has no golden.safetensors');
});

test('what is asked for wrongly is told, with exit code 2', async () => {
  for (const args of [
    [],
    ['chekpoint', '.'],
    ['checkpoint'],
    ['checkpoint', 'a', 'b'],
    ['checkpoint', 'nowhere'],
    ['checkpoint', '.', '--backend', 'tpu'],
  ]) {
    const { code, stderr } = await mienlab(['verify', ...args], folder);
    assert.is(code, 2, `${args.join(' ')}: ${stderr}`);
  }
  const help = await mienlab(['verify', '--help'], folder);
  assert.equal([help.code, help.stdout.startsWith('mienlab verify checkpoint DIR')], [0, true]);
});

test.run();
