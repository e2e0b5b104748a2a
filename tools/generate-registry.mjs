// Writes framework/plugin/registry.generated.ts from the folders under plugins/. With --check it only compares, exit 1 where stale.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, 'framework/plugin/registry.generated.ts');
const kinds = {
  dataset: 'datasets',
  detector: 'detectors',
  tracker: 'trackers',
  encoder: 'encoders',
  projector: 'projectors',
  'llm-head': 'llm-heads',
  metric: 'metrics',
  judge: 'judges',
};

const quote = (name) => (/^[a-z][a-z\d]*$/.test(name) ? name : `'${name}'`);
const blocks = Object.entries(kinds).map(([kind, folder]) => {
  const path = join(root, 'plugins', folder);
  const names = existsSync(path) ? readdirSync(path).filter((name) => existsSync(join(path, name, 'plugin.ts'))) : [];
  const lines = names.sort().map((name) => `    ${quote(name)}: () => import('../../plugins/${folder}/${name}/plugin.js'),\n`);
  return lines.length ? `  ${quote(kind)}: {\n${lines.join('')}  },\n` : `  ${quote(kind)}: {},\n`;
});
const text = `// Made by tools/generate-registry.mjs from the folders under plugins/: do not edit.
import type { PluginTable } from './plugin-registry.js';

export const generatedPlugins: PluginTable = {
${blocks.join('')}};
`;

const current = existsSync(target) ? readFileSync(target, 'utf8') : '';
if (process.argv.includes('--check')) {
  if (current !== text) {
    console.error('framework/plugin/registry.generated.ts is stale: run "node tools/generate-registry.mjs"');
    process.exit(1);
  }
} else if (current !== text) writeFileSync(target, text);
