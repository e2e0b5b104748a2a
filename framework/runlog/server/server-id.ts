import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What names the data in a server folder, whatever port it is served on and wherever it is moved to; made on first use. */
export function serverId(folder: string): string {
  const file = join(folder, 'server-id');
  mkdirSync(folder, { recursive: true });
  const aside = `${file}.${process.pid}`;
  try {
    writeFileSync(aside, randomUUID());
    linkSync(aside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
  return `mienlab-server:${readFileSync(file, 'utf8')}`;
}
