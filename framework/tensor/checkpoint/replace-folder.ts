import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Fault } from '../../faults/index.js';

/**
 * Makes a folder of that path from what `fill` puts in an empty one beside it. Where there is one already, it stays until the new one is
 * whole; where `fill` throws, it stays for good.
 * Throws Fault USAGE where the folder that is there holds something that the new one does not replace: nothing is lost.
 */
export function replaceFolder(folder: string, fill: (aside: string) => void): void {
  const path = resolve(folder);
  const [aside, before] = [`${path}.${process.pid}.part`, `${path}.${process.pid}.old`];
  mkdirSync(dirname(path), { recursive: true });
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside);
  try {
    fill(aside);
    if (existsSync(path)) {
      checkReplaced(path, aside);
      renameSync(path, before);
    }
    renameSync(aside, path);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    if (!existsSync(path) && existsSync(before)) renameSync(before, path);
    throw error;
  }
  rmSync(before, { recursive: true, force: true });
}

function checkReplaced(path: string, aside: string): void {
  const lost = readdirSync(path).find((name) => !existsSync(join(aside, name)));
  if (lost === undefined) return;
  throw new Fault('USAGE', `${path} is not replaced: it holds ${lost}, which would be lost`, {
    where: { source: path },
    hint: 'name another folder, or empty this one',
  });
}
