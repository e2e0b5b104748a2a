import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { Fault, formatError } from '../faults/index.js';
import { stateFolder } from '../paths.js';
import { findRunDirs, syncRunDir, type SyncedRunDir } from '../runlog/sync-run-dir.js';
import { resolveTracking, type Tracking } from '../runlog/tracking.js';
import type { Command } from './command.js';
import { waiting } from './waiting.js';

const help = `mienlab sync [RUN_DIR ... | --all] [--tracking-uri URI] [--restore] [--json]

Brings runs to MLflow that are not wholly there: those of a run without a server in reach, or whose process died (they are ended as
KILLED). Running it again changes nothing.

  RUN_DIR             folders of runs (searched for journals); default, and with --all: all under .mienlab/runs
  --tracking-uri URI  this server instead of the one each run was meant for (also MLFLOW_TRACKING_URI); "own" is the project's
  --restore           bring a deleted experiment back instead of refusing
  --json              one array of what was done

Exit code 4 where something could not be brought over.`;

interface Failure {
  runDir: string;
  outcome: 'failed';
  message: string;
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { all: { type: 'boolean' }, 'tracking-uri': { type: 'string' }, restore: { type: 'boolean' }, json: { type: 'boolean' } },
    });
  } catch (cause) {
    throw new Fault('USAGE', (cause as Error).message, { hint: 'mienlab sync --help', cause });
  }
}

function lines(result: SyncedRunDir | Failure): string[] {
  const folder = relative(process.cwd(), result.runDir) || '.';
  if (result.outcome === 'failed') return [`${folder}  not synced: ${result.message}`];
  if (result.outcome === 'skipped') return [`${folder}  stays local (tracking-uri: none); --tracking-uri brings it over`];
  if (result.outcome === 'running') return [`${folder}  still runs and is logged by its own process`];
  const said = result.outcome === 'there' ? 'was there' : 'synced';
  const rows = result.runs.map((run) => `${folder}  ${run.name}  ${run.status}  ${run.url ? `${said}  ${run.url}` : 'not synced'}`);
  return [...rows, ...result.refused.map((message) => `${folder}  refused: ${message}`)];
}

async function run(args: string[]): Promise<number> {
  const { values, positionals } = parse(args);
  const folders = positionals.length > 0 && !values.all ? positionals : [join(stateFolder(), 'runs')];
  const runDirs = folders.flatMap((folder) => {
    const found = findRunDirs(folder);
    if (found.length === 0 && positionals.length > 0)
      throw new Fault('USAGE', `no run lies in ${folder}`, { expected: 'a folder with journal.jsonl' });
    return found;
  });
  const started = new Map<string, Tracking>();
  const tracking = (name: string): Tracking | undefined => {
    const uri = values['tracking-uri'] ?? process.env['MLFLOW_TRACKING_URI'] ?? name;
    if (uri === 'none') return undefined;
    const known = started.get(uri) ?? resolveTracking({ uri, onWait: waiting('starting the MLflow server') });
    started.set(uri, known);
    return known;
  };
  const stop = (): void => void stopAll(started).finally(() => process.exit(130));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    const results = await syncAll(runDirs, tracking, values.restore === true, (result) => {
      if (!values.json) console.log(lines(result).join('\n'));
    });
    if (values.json) console.log(JSON.stringify(results, undefined, 2));
    else if (runDirs.length === 0) console.log('no runs yet');
    else if (started.has('own')) console.log('"mienlab mlflow" shows the runs of the own server');
    return results.every((result) => result.outcome !== 'failed' && !('refused' in result && result.refused.length > 0)) ? 0 : 4;
  } finally {
    await stopAll(started);
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

async function syncAll(
  runDirs: string[],
  tracking: (name: string) => Tracking | undefined,
  restoreDeleted: boolean,
  tell: (result: SyncedRunDir | Failure) => void,
): Promise<(SyncedRunDir | Failure)[]> {
  const results: (SyncedRunDir | Failure)[] = [];
  for (const runDir of runDirs) {
    let result: SyncedRunDir | Failure;
    try {
      result = await syncRunDir(runDir, { tracking, restoreDeleted });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      result = { runDir, outcome: 'failed', message: formatError(error) };
    }
    results.push(result);
    tell(result);
  }
  return results;
}

async function stopAll(started: Map<string, Tracking>): Promise<void> {
  await Promise.all([...started.values()].map((tracking) => tracking.stop()));
}

export const command: Command = { summary: 'bring runs to MLflow that are not wholly there', help, run };
