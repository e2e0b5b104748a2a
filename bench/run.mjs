// npm run bench -- NAME [options]: one of the benchmarks of this folder, after bringing dist/ up to date.
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootstrap, runNode } from '../scripts/bootstrap.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const [name, ...args] = process.argv.slice(2);
const known = readdirSync(here)
  .filter((file) => file.endsWith('.mjs') && file !== 'run.mjs')
  .map((file) => file.slice(0, -'.mjs'.length));
if (!known.includes(name)) {
  console.error(`npm run bench -- NAME [options]; NAME is one of ${known.join(', ')}${name ? ` (not ${name})` : ''}`);
  process.exit(2);
}
await bootstrap();
process.exitCode = await runNode(join('bench', `${name}.mjs`), args);
