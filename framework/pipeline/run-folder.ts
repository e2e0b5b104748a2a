import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { stateFolder } from '../paths.js';

/** `.mienlab/runs/NAME-XXXX` of an experiment that begins now. Its name is not deterministic. */
export function makeRunFolder(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9._-]+/g, '-');
  const folder = join(stateFolder(), 'runs', `${safe}-${randomBytes(3).toString('hex')}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}
