import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Fault } from '../faults/index.js';
import { mlflowExecutable } from '../runlog/mlflow-executable.js';
import { announcedServer, announceServer } from '../runlog/server/announced-server.js';
import { startMlflowServer } from '../runlog/server/start-mlflow-server.js';
import { mlflowFolder } from '../runlog/tracking.js';
import type { Command } from './command.js';
import { waiting } from './waiting.js';

const help = `mienlab mlflow [--port N] [--folder DIR]

Serves the project's MLflow server on 127.0.0.1 until Ctrl-C: the runs so far, and those under way meanwhile.

  --port N      the port; default 5000, or any free one where it is taken
  --folder DIR  where its database and artifacts lie; default .mienlab/mlflow`;

function parse(args: string[]): { port?: number; folder: string } {
  try {
    const { values } = parseArgs({ args, options: { port: { type: 'string' }, folder: { type: 'string' } } });
    const port = values.port === undefined ? undefined : Number(values.port);
    if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65536)) throw new Error(`"${values.port}" is no port`);
    return { port, folder: resolve(values.folder ?? mlflowFolder()) };
  } catch (cause) {
    throw new Fault('USAGE', (cause as Error).message, { hint: 'mienlab mlflow --help', cause });
  }
}

async function run(args: string[]): Promise<number> {
  const { port, folder } = parse(args);
  const kept = await announcedServer(folder);
  if (kept !== undefined) {
    console.log(`MLflow serves ${folder} already: ${kept}`);
    return 0;
  }
  const executable = mlflowExecutable();
  if (executable === undefined) throw new Fault('SETUP_FAILED', 'MLflow is not installed', { hint: 'mienlab setup --only mlflow' });
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort();
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    const onWait = waiting('starting the MLflow server', 'the first start makes its database, up to a minute');
    const server = await startMlflowServer({ folder, port, executable, onWait, signal: interrupt.signal });
    const withdraw = announceServer(folder, server.uri);
    try {
      console.log(`MLflow: ${server.uri}\n${folder}\nCtrl-C ends it`);
      const hold = setInterval(() => undefined, 1 << 30);
      const interrupted = new Promise<void>((done) => interrupt.signal.addEventListener('abort', () => done(), { once: true }));
      if (!interrupt.signal.aborted) await Promise.race([server.ended, interrupted]);
      clearInterval(hold);
      if (!interrupt.signal.aborted)
        throw new Fault('RUNLOG_UNREACHABLE', 'the MLflow server ended by itself', { where: { source: folder } });
      return 0;
    } finally {
      withdraw();
      await server.stop();
    }
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

export const command: Command = { summary: "serve the project's MLflow server until Ctrl-C", help, run };
