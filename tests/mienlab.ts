import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../framework/paths.js';

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Starts the built command line in `cwd`, with an environment in which nothing of the machine's own MLflow is used. */
export function startMienlab(
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): { child: ChildProcess; finished: Promise<Finished> } {
  const child = spawn(process.execPath, [join(packageRoot, 'bin/mienlab.js'), ...args], {
    cwd,
    env: { ...process.env, MLFLOW_TRACKING_URI: 'none', MIENLAB_HOME: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => (stdout += data));
  child.stderr.on('data', (data) => (stderr += data));
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, finished };
}

export const mienlab = (args: readonly string[], cwd: string, env?: NodeJS.ProcessEnv) => startMienlab(args, cwd, env).finished;

/** A fresh folder to stand in. */
export const freshFolder = () => mkdtempSync(join(tmpdir(), 'mienlab-test-'));

export const quickstart = join(packageRoot, 'experiments/quickstart.yaml');
