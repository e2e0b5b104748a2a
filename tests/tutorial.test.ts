import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** A copy of the checkout's sources and build that the tutorial may change. */
function copyOfCheckout(): string {
  const copy = mkdtempSync(join(tmpdir(), 'mienlab-tutorial-'));
  for (const part of ['framework', 'plugins', 'experiments', 'tools', 'bin', 'dist', 'tests', 'package.json', 'tsconfig.json']) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

test('docs/write-a-plugin.md works as it stands', () => {
  const page = readFileSync(join(root, 'docs/write-a-plugin.md'), 'utf8');
  const copy = copyOfCheckout();
  try {
    const files = [...page.matchAll(/\*\*(plugins\/\S+)\*\*[^`]*(?:`[^`\n]+`[^`]*)*```(?:ts|yaml|md)\n([\s\S]*?)```/g)];
    assert.equal(
      files.map(([, path]) => path!.split('/').at(-1)),
      ['central-face.ts', 'plugin.ts', 'default.yaml', 'README.md', 'central-face.test.ts'],
    );
    for (const [, path, text] of files) {
      mkdirSync(dirname(join(copy, path!)), { recursive: true });
      writeFileSync(join(copy, path!), text!);
    }
    const [build, use] = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, commands]) => commands!.trim().split('\n'));
    const [registry, , run, describe] = build!;
    const sh = (command: string) => execFileSync('sh', ['-c', command], { cwd: copy, encoding: 'utf8' });
    sh(registry!);
    // The same as `npm run build`, without npm in between.
    sh('node node_modules/typescript/bin/tsc -p tsconfig.json');
    assert.match(sh(run!), /Passed: {4}\d+\n {2}Skipped: {3}0/);
    assert.match(sh(describe!.replace('npx mienlab', 'node bin/mienlab.js')), /tracker central-face 1\.0\.0: Takes the face nearest/);

    const validate = spawnSync('sh', ['-c', use![0]!.replace('npx mienlab', 'node bin/mienlab.js')], { cwd: copy, encoding: 'utf8' });
    assert.is(validate.status, 2);
    assert.match(validate.stderr, /"tracker\.reach" is no option of this plugin|reach/);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

test.run();
