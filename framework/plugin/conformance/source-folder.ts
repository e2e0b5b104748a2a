import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The source folder of a built module: `<package>/dist/x/y.js` lies in `<package>/x`. */
export function sourceFolder(moduleUrl: string): string {
  const built = dirname(fileURLToPath(moduleUrl));
  let root = built;
  while (!existsSync(join(root, 'package.json'))) root = dirname(root);
  return join(root, built.slice(join(root, 'dist').length));
}
