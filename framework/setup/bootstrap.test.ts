import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { packageRoot } from '../paths.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-bootstrap-'));
let project = '';
let count = 0;

test.after(() => rmSync(folder, { recursive: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(project, path)), { recursive: true });
  writeFileSync(join(project, path), text);
}

/** A project whose npm, compiler and mienlab only write down that they were called. */
test.before.each(() => {
  project = join(folder, String(++count));
  mkdirSync(project);
  cpSync(join(packageRoot, 'scripts'), join(project, 'scripts'), { recursive: true });
  put('package.json', '{"type":"module"}');
  put('package-lock.json', '{}');
  put('tsconfig.json', '{}');
  put('framework/a.ts', '');
  const note = (what: string): string =>
    `import { appendFileSync } from 'node:fs'; appendFileSync('log', [${JSON.stringify(what)}, ...process.argv.slice(2)].join(' ') + '\\n');`;
  put('tsc.mjs', note('tsc'));
  put('bin/mienlab.js', `${note('mienlab')} process.exitCode = Number(process.env['SETUP_CODE'] ?? 0);`);
  put('scripts/run-tests.mjs', note('tests'));
  put(
    'fake-bin/npm',
    `#!/bin/sh
echo "npm $*" >> log
[ -n "$NPM_SLEEP" ] && exec sleep 30
rm -rf node_modules && mkdir -p node_modules/typescript/bin && cp tsc.mjs node_modules/typescript/bin/tsc && echo '{"type":"module"}' > node_modules/typescript/package.json
echo '{}' > node_modules/.package-lock.json
`,
  );
  chmodSync(join(project, 'fake-bin', 'npm'), 0o755);
});

interface Ended {
  code: number | null;
  output: string;
  /** What was called since the last look. */
  calls: string[];
}

function script(
  name: string,
  args: string[] = [],
  env: NodeJS.ProcessEnv = {},
  during?: (kill: (signal: NodeJS.Signals) => void) => void,
): Promise<Ended> {
  const clean: NodeJS.ProcessEnv = { ...process.env, PATH: `${join(project, 'fake-bin')}:${process.env['PATH']}`, ...env };
  delete clean['npm_execpath'];
  const child = spawn(process.execPath, [join(project, 'scripts', name), ...args], {
    env: clean,
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (part) => (output += String(part)));
  child.stderr.on('data', (part) => (output += String(part)));
  during?.((signal) => child.kill(signal));
  return new Promise((resolve) =>
    child.on('close', (code) => {
      const log = join(project, 'log');
      const calls = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
      rmSync(log, { force: true });
      resolve({ code, output, calls });
    }),
  );
}

const install = 'npm ci --include=dev --no-audit --no-fund';
const build = 'tsc -p tsconfig.json';
const run = 'mienlab run experiments/quickstart.yaml';

test('npm start installs, builds, sets up and runs, and the second time only sets up and runs', async () => {
  assert.equal((await script('start.mjs', ['train.epochs=1'])).calls, [install, build, 'mienlab setup', `${run} train.epochs=1`]);
  assert.equal((await script('start.mjs')).calls, ['mienlab setup', run]);
});

test('npm test sets up and tests, and passes arguments on', async () => {
  const { calls } = await script('test.mjs', ['framework/config']);
  assert.equal(calls, [
    install,
    build,
    'mienlab setup --also onnxruntime --also human-models --also blazeface --also centerface',
    'tests framework/config',
  ]);
});

test('a newer lock file installs again, the same one with a new date does not', async () => {
  await script('start.mjs');
  const later = new Date(Date.now() + 60_000);
  utimesSync(join(project, 'package-lock.json'), later, later);
  assert.not.ok((await script('start.mjs')).calls.includes(install));
  put('package-lock.json', '{"changed":true}');
  utimesSync(join(project, 'package-lock.json'), later, later);
  assert.ok((await script('start.mjs')).calls.includes(install));
});

test('a changed, new or removed source builds again, and what was built from a removed one goes', async () => {
  await script('start.mjs');
  put('framework/a.ts', 'changed');
  assert.ok((await script('start.mjs')).calls.includes(build));
  put('framework/b.ts', '');
  assert.ok((await script('start.mjs')).calls.includes(build));
  for (const end of ['js', 'js.map', 'd.ts']) put(`dist/framework/b.${end}`, '');
  put('dist/framework/a.js', '');
  rmSync(join(project, 'framework', 'b.ts'));
  assert.ok((await script('start.mjs')).calls.includes(build));
  assert.equal(
    ['a.js', 'b.js', 'b.js.map', 'b.d.ts'].map((name) => existsSync(join(project, 'dist', 'framework', name))),
    [true, false, false, false],
  );
});

test('node_modules that is a link is left alone', async () => {
  put('elsewhere/typescript/package.json', '{"type":"module"}');
  put('elsewhere/typescript/bin/tsc', readFileSync(join(project, 'tsc.mjs'), 'utf8'));
  symlinkSync('elsewhere', join(project, 'node_modules'));
  assert.equal((await script('start.mjs')).calls, [build, 'mienlab setup', run]);
});

test('a build that fails ends it; a part that could not be set up does not', async () => {
  put('tsc.mjs', 'process.exitCode = 2;');
  const failed = await script('start.mjs');
  assert.is(failed.code, 2);
  assert.match(failed.output, /the build failed/);
  assert.equal(failed.calls, [install]);
  put('node_modules/typescript/bin/tsc', '');
  assert.equal((await script('start.mjs', [], { SETUP_CODE: '3' })).calls, ['mienlab setup', run]);
  assert.equal((await script('start.mjs', [], { SETUP_CODE: '130' })).calls, ['mienlab setup']);
});

test('Ctrl-C reaches the child, is waited for, and ends with 130', async () => {
  const begun = performance.now();
  const { code, calls } = await script('start.mjs', [], { NPM_SLEEP: '1' }, (kill) => {
    const poll = setInterval(() => {
      if (!existsSync(join(project, 'log'))) return;
      clearInterval(poll);
      setTimeout(() => kill('SIGINT'), 200);
    }, 20);
  });
  assert.is(code, 130);
  assert.equal(calls, [install]);
  assert.ok(performance.now() - begun < 10_000);
});

test('an old Node is told which one is needed', async () => {
  put('scripts/old.mjs', "import { checkNode } from './bootstrap.mjs'; checkNode('22.1.0'); checkNode('20.18.0'); checkNode('20.17.9');");
  const { code, output } = await script('old.mjs');
  assert.is(code, 3);
  assert.match(output, /needs Node 20\.18 or newer; this is Node 20\.17\.9/);
});

test.run();
