import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Fault } from '../faults/index.js';
import { ffmpegExecutable } from './ffmpeg-executable.js';

interface FfmpegRun {
  args: readonly string[];
  signal?: AbortSignal;
  /** Written to its standard input, one piece after the other. */
  input?: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** Gets what it writes to standard output; false ends the process early, a promise makes it wait. */
  output?: (chunk: Buffer) => boolean | Promise<boolean>;
  /** Gets every line of its log; levels stand in square brackets. */
  line?: (line: string) => void;
}

export interface FfmpegEnd {
  /** Exit status; null where the process was ended by a signal. */
  code: number | null;
  /** What it logged as errors, without their origin, the last 20. */
  errors: readonly string[];
}

/** Runs one ffmpeg to its end. Whatever happens, the process is gone when the promise settles. Throws the signal's reason when aborted. */
export async function runFfmpeg(run: FfmpegRun): Promise<FfmpegEnd> {
  run.signal?.throwIfAborted();
  const executable = ffmpegExecutable();
  const args = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+info', ...run.args];
  // Detached: a Ctrl-C in the terminal is this program's to handle. Should it die, the pipes close and ffmpeg ends.
  const child = spawn(executable, args, { detached: true, stdio: [run.input ? 'pipe' : 'ignore', 'pipe', 'pipe'] });
  const kill = () => void child.kill('SIGKILL');
  run.signal?.addEventListener('abort', kill);
  try {
    const closed = once(child, 'close') as Promise<[number | null]>;
    const errors: string[] = [];
    createInterface({ input: child.stderr! }).on('line', (line) => {
      const error = /^(?:\[[^\]]* @ [^\]]*\] )?\[(?:error|fatal|panic)\] (.*)/.exec(line)?.[1];
      if (error && errors.push(error) > 20) errors.shift();
      run.line?.(line);
    });
    child.stdout!.on('data', (chunk: Buffer) => {
      const more = run.output?.(chunk) ?? true;
      if (more === false) kill();
      if (typeof more === 'boolean') return;
      child.stdout!.pause();
      void more.then((go) => (go ? child.stdout!.resume() : (kill(), child.stdout!.resume())), kill);
    });
    const feeding = run.input && child.stdin ? feed(child.stdin, run.input, run.signal) : undefined;
    // A source that throws must not leave the process waiting for more.
    feeding?.catch(kill);
    const [code] = await closed;
    run.signal?.throwIfAborted();
    await feeding;
    return { code, errors };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).syscall?.startsWith('spawn')) {
      throw new Fault('FFMPEG_MISSING', `${executable} cannot be run: ${(cause as Error).message}`, {
        cause,
        hint: 'run `mienlab setup --only ffmpeg`',
      });
    }
    throw cause;
  } finally {
    run.signal?.removeEventListener('abort', kill);
  }
}

async function feed(stdin: NodeJS.WritableStream, input: NonNullable<FfmpegRun['input']>, signal?: AbortSignal): Promise<void> {
  // ffmpeg may end before it has read all; its exit status says why.
  let open = true;
  const ended = new Promise<void>((resolve) => stdin.on('error', () => resolve()).on('close', () => resolve())).then(
    () => void (open = false),
  );
  for await (const piece of input) {
    if (!open || signal?.aborted) return;
    if (!stdin.write(piece)) await Promise.race([once(stdin, 'drain').catch(() => {}), ended]);
  }
  stdin.end();
}
