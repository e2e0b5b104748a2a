/**
 * Runs a program in a process group of its own and ends the whole group when its own standard input closes: when whoever started it
 * says so, or died in whatever way. Started by startMlflowServer as `node server-guard.js PROGRAM ARGUMENTS...`.
 */
import { spawn } from 'node:child_process';

const graceMs = 6000;
const [program, ...args] = process.argv.slice(2) as [string, ...string[]];

// The group is ended through here: the guard itself goes last.
process.on('SIGTERM', () => undefined);
process.on('SIGINT', () => undefined);

const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
child.on('error', (error) => {
  console.error(error.message);
  process.exit(127);
});
child.on('exit', (code, signal) => {
  console.error(`the MLflow server ended with ${signal ?? `exit code ${code}`}`);
  killGroup();
});

process.stdin.resume();
process.stdin.on('error', end);
process.stdin.on('close', end);

function end(): void {
  setTimeout(killGroup, graceMs);
  try {
    process.kill(-process.pid, 'SIGTERM');
  } catch {
    killGroup();
  }
}

/** Whatever is left of the group, this process included. */
function killGroup(): void {
  process.kill(-process.pid, 'SIGKILL');
}
