import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Fault } from '../faults/index.js';
import type { PinnedPackage } from './npm-table.js';
import { findProgram, runProgram } from './run-program.js';

export interface FetchPackageOptions {
  /** Take it from npm's own cache, or fail. */
  offline: boolean;
  signal?: AbortSignal;
}

function programOrFault(name: string, hint: string): string {
  const program = findProgram(name);
  if (program) return program;
  throw new Fault('SETUP_FAILED', `there is no ${name} on PATH`, { hint });
}

/** npm puts its reason into lines `npm error ...`; older ones say ERR!. The last of them name log files. */
function reasonOf(stderr: string): string {
  const lines = stderr.split('\n').flatMap((line) => /^npm (?:error|ERR!) (?!code )(.+)/.exec(line)?.[1] ?? []);
  return lines[0] ?? stderr.trim().split('\n').at(-1) ?? '';
}

async function integrityOf(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(path), hash, { signal });
  return `sha512-${hash.digest('base64')}`;
}

async function fetchTarball(pinned: PinnedPackage, aside: string, { offline, signal }: FetchPackageOptions): Promise<string> {
  const npm = programOrFault('npm', 'it comes with Node');
  const spec = `${pinned.name}@${pinned.version}`;
  const args = ['pack', spec, '--ignore-scripts', '--pack-destination', aside, offline ? '--offline' : '--prefer-offline'];
  const { code, stderr } = await runProgram(npm, args, { signal });
  signal?.throwIfAborted();
  if (code !== 0) {
    throw new Fault('SETUP_FAILED', `npm cannot fetch ${spec}${offline ? ' (--offline, from its cache)' : ''}: ${reasonOf(stderr)}`, {
      hint: offline ? 'run it again without --offline' : 'npm\'s own settings say from where: see "npm config list"',
    });
  }
  return join(
    aside,
    (await readdir(aside)).find((name) => name.endsWith('.tgz'))!,
  );
}

/**
 * Puts the kept files of a pinned package under `folder`/node_modules. npm fetches the tarball, as the user has it configured, and none of the
 * package's scripts are run.
 * @throws Fault SETUP_FAILED where it cannot be had or its content is not the pinned one
 */
export async function fetchNpmPackage(pinned: PinnedPackage, folder: string, options: FetchPackageOptions): Promise<void> {
  const tar = programOrFault('tar', 'install it with the system (Debian, Ubuntu: apt install tar)');
  const aside = join(folder, 'tarball');
  await mkdir(aside);
  const tarball = await fetchTarball(pinned, aside, options);
  const found = await integrityOf(tarball, options.signal);
  if (found !== pinned.integrity) {
    throw new Fault('SETUP_FAILED', `the tarball of ${pinned.name} ${pinned.version} is not what was pinned: it is ${found}`, {
      expected: pinned.integrity,
      hint: 'the download was altered or broken: nothing of it is used',
    });
  }
  const place = join(folder, 'node_modules', ...pinned.name.split('/'));
  await mkdir(place, { recursive: true });
  const members = (pinned.keep ?? []).map((path) => `package/${path}`);
  const { code, stderr } = await runProgram(tar, ['-xzf', tarball, '-C', place, '--strip-components=1', '--no-same-owner', ...members], {
    signal: options.signal,
  });
  options.signal?.throwIfAborted();
  if (code !== 0) throw new Fault('SETUP_FAILED', `tar cannot unpack ${pinned.name}: ${stderr.trim().split('\n')[0]}`);
  await rm(aside, { recursive: true });
}
