// Plain Node without dependencies: runs before anything is installed. Brings node_modules, dist and mienlab's own parts up to date.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const oldestNode = [20, 18];
const sourceFolders = ['framework', 'plugins', 'tests', 'bench', 'tools'];

const at = (...parts) => join(root, ...parts);
const hashOf = (text) => createHash('sha256').update(text).digest('hex');
const textOf = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** Ends with exit code 3 on a Node that mienlab does not run on. */
export function checkNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  console.error(`mienlab needs Node ${oldestNode.join('.')} or newer; this is Node ${version} (${process.execPath})`);
  process.exit(3);
}

/**
 * Runs a program with this terminal and waits until it has ended, also after Ctrl-C: it then has time to clean up. A terminal sends Ctrl-C
 * to both; a signal sent to this process alone is passed on.
 * @returns its exit code, 128 plus the signal's number where a signal ended it
 */
export function run(program, args, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: 'inherit', env });
    const passOn = (signal) => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, passOn);
    const settle = (finish) => {
      for (const signal of signals) process.off(signal, passOn);
      finish();
    };
    child.on('error', (error) => settle(() => reject(error)));
    child.on('close', (code, signal) => settle(() => resolve(code ?? 128 + ({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }[signal] ?? 9))));
  });
}

export const runNode = (script, args = []) => run(process.execPath, [at(script), ...args]);

async function orExit(code, what) {
  if (code === 0) return;
  if (code < 128) console.error(`mienlab: ${what} failed (exit code ${code})`);
  process.exit(code);
}

/** node_modules is fresh where it was installed from this very lock file, or later than the lock file was written. */
function modulesAreFresh() {
  const installed = at('node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const lock = at('package-lock.json');
  return (
    textOf(at('node_modules', '.mienlab-lock')) === hashOf(readFileSync(lock)) || statSync(installed).mtimeMs >= statSync(lock).mtimeMs
  );
}

async function installModules() {
  const modules = lstatSync(at('node_modules'), { throwIfNoEntry: false });
  // A link leads to somebody else's folder, which npm ci would empty.
  if (modules?.isSymbolicLink() || modulesAreFresh()) return;
  console.log(`mienlab: ${modules ? 'node_modules is older than package-lock.json' : 'there is no node_modules'}, running npm ci`);
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund'];
  const npm = process.env.npm_execpath;
  const code = npm?.endsWith('.js') ? await run(process.execPath, [npm, ...args]) : await run('npm', args);
  await orExit(code, 'npm ci');
  writeFileSync(at('node_modules', '.mienlab-lock'), hashOf(readFileSync(at('package-lock.json'))));
}

function filesUnder(folder, wanted) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesUnder(path, wanted);
    return wanted.test(entry.name) ? [path] : [];
  });
}

/** Name, size and time of every source: cheap, and changed by anything that could change what is built. */
function sourceDigest() {
  const sources = [...sourceFolders.flatMap((folder) => filesUnder(at(folder), /\.ts$/)), at('tsconfig.json'), at('package-lock.json')];
  return hashOf(sources.map((path) => `${relative(root, path)} ${statSync(path).size} ${statSync(path).mtimeMs}`).join('\n'));
}

/** What was built from sources that are gone would still be found by whoever looks for plugins or tests. */
function removeOrphans() {
  for (const folder of sourceFolders) {
    for (const path of filesUnder(at('dist', folder), /\.(js|js\.map|d\.ts)$/)) {
      const source = at(relative(at('dist'), path).replace(/\.(js|js\.map|d\.ts)$/, '.ts'));
      if (!existsSync(source)) rmSync(path);
    }
  }
}

async function build() {
  const stamp = at('dist', '.sources');
  const digest = sourceDigest();
  if (textOf(stamp) === digest) return;
  console.log('mienlab: building');
  await orExit(await runNode('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.json']), 'the build');
  removeOrphans();
  mkdirSync(at('dist'), { recursive: true });
  writeFileSync(stamp, digest);
}

/** Everything that must be there before mienlab can do anything: ends the process where it cannot be had. */
export async function bootstrap() {
  checkNode();
  await installModules();
  await build();
}

/** `mienlab setup`, with these optional parts. A part that failed is told by setup itself and does not stop what follows; Ctrl-C and wrong usage do. */
export async function setup(optional = []) {
  const code = await runNode('bin/mienlab.js', ['setup', ...optional.flatMap((part) => ['--also', part])]);
  if (code > 3) process.exit(code);
}
