import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processState, thisProcess, type ProcessMark } from '../journal/process-mark.js';
import { healthy } from './start-mlflow-server.js';

interface Announcement {
  uri: string;
  process: ProcessMark;
}

const file = (folder: string): string => join(folder, 'server.json');

/** Tells other processes that this one keeps a server for the folder, until it says otherwise (the returned function) or ends. */
export function announceServer(folder: string, uri: string): () => void {
  const aside = `${file(folder)}.${process.pid}`;
  writeFileSync(aside, JSON.stringify({ uri, process: thisProcess() } satisfies Announcement));
  renameSync(aside, file(folder));
  return () => {
    if (read(folder)?.process.pid === process.pid) rmSync(file(folder), { force: true });
  };
}

/** The address of a server that `mienlab mlflow` keeps for the folder, if one answers. */
export async function announcedServer(folder: string): Promise<string | undefined> {
  const known = read(folder);
  return known && processState(known.process) === 'alive' && (await healthy(known.uri)) ? known.uri : undefined;
}

function read(folder: string): Announcement | undefined {
  try {
    return JSON.parse(readFileSync(file(folder), 'utf8')) as Announcement;
  } catch {
    return undefined;
  }
}
