import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the program that stands in for `mlflow` does. */
export type FakeProgram = 'serves' | 'dies' | 'hangs' | 'stubborn';

/**
 * Writes a program that takes the arguments of `mlflow server`. It answers /health after 300 ms (serves), ends with an error (dies),
 * never answers (hangs), or serves and leaves a child that ignores SIGTERM (stubborn). It notes its processes in `pids`.
 */
export function fakeServerProgram(folder: string, kind: FakeProgram): { executable: string; pids: string } {
  const executable = join(folder, `mlflow-${kind}`);
  const pids = join(folder, 'pids');
  const code = `#!${process.execPath}
const { appendFileSync } = require('node:fs');
const { spawn } = require('node:child_process');
appendFileSync(${JSON.stringify(pids)}, process.pid + ' ' + JSON.stringify(process.argv.slice(2)) + '\\n');
const kind = ${JSON.stringify(kind)};
if (Object.keys(process.env).some((name) => name === 'MLFLOW_TRACKING_URI')) throw new Error('the environment was not cleaned');
if (kind === 'dies') { console.error('sqlalchemy: the database is upset'); process.exit(3); }
if (kind === 'stubborn') {
  const child = spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"], { stdio: 'ignore' });
  appendFileSync(${JSON.stringify(pids)}, child.pid + ' child\\n');
}
const port = Number(process.argv[process.argv.indexOf('--port') + 1]);
if (kind === 'hangs') setInterval(() => {}, 1000);
else setTimeout(() => require('node:http').createServer((_, r) => r.end('OK')).listen(port, '127.0.0.1'), 300);
`;
  writeFileSync(executable, code);
  chmodSync(executable, 0o755);
  return { executable, pids };
}
