import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Fault } from '../faults/index.js';

/** The absolute path of a program on PATH, or undefined. A name with a slash is taken as it is. */
export function findProgram(name: string): string | undefined {
  const places = name.includes('/')
    ? [name]
    : (process.env['PATH'] ?? '')
        .split(delimiter)
        .filter(Boolean)
        .map((folder) => join(folder, name));
  return places.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    } catch {
      return false;
    }
  });
}

export interface ProgramResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface ProgramOptions {
  signal?: AbortSignal;
  env?: NodeJS.ProcessEnv;
  /** Ends the program when it takes longer. */
  timeoutMs?: number;
  onLine?: (line: string) => void;
}

/**
 * Runs a program to its end, without a shell and without input.
 * @throws Fault SETUP_FAILED where it cannot be started or takes too long; AbortError where the signal fires
 */
export function runProgram(
  program: string,
  args: readonly string[],
  { signal, env, timeoutMs, onLine }: ProgramOptions = {},
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: env ?? process.env, signal, timeout: timeoutMs });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
        const line = text.trimEnd().split('\n').at(-1)?.trim();
        if (line) onLine?.(line);
      });
    }
    child.on('error', (error) =>
      reject(signal?.aborted ? error : new Fault('SETUP_FAILED', `${program} cannot be run: ${error.message}`, { cause: error })),
    );
    child.on('close', (code, ended) => {
      if (code === null && timeoutMs !== undefined && ended === 'SIGTERM' && !signal?.aborted) {
        reject(new Fault('SETUP_FAILED', `${program} took longer than ${timeoutMs / 1000} s`));
      } else {
        resolve({ code: code ?? 128, ...output });
      }
    });
  });
}
