// Who may know whom: docs/architecture.md, held by the linter.
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const libraries = ['tensor', 'video', 'text'];
const forPlugins = ['contracts', 'plugin', 'faults', ...libraries];

/** `framework/video`, `plugins/trackers/facetrack`, `tests`; files directly in framework/ are the room `framework`. */
function roomOf(file) {
  const parts = relative(root, file).split(sep);
  if (parts[0] === 'framework') return parts.length > 2 ? `framework/${parts[1]}` : 'framework';
  if (parts[0] === 'plugins') return parts.slice(0, 3).join('/');
  return parts[0];
}

function verdict(from, file, specifier) {
  const isTest = /\.test\.ts$/.test(file);
  if (from.startsWith('plugins/')) {
    if (specifier.startsWith('mienlab/')) {
      const name = specifier.slice('mienlab/'.length);
      if (forPlugins.includes(name) || (isTest && name === 'conformance')) return null;
      return `a plugin imports mienlab/{${forPlugins.join(',')}} only${name === 'conformance' ? ' (mienlab/conformance in its tests)' : ''}`;
    }
    if (!specifier.startsWith('.')) return null;
    return roomOf(resolve(dirname(file), specifier)) === from
      ? null
      : 'a plugin imports nothing outside its own folder but libraries and mienlab/…';
  }
  if (!specifier.startsWith('.')) return null;
  const to = roomOf(resolve(dirname(file), specifier));
  if (to === from) return null;
  if (from === 'framework/contracts' || from === 'framework/faults') return `${from} knows nobody`;
  if (to.startsWith('plugins/') && from.startsWith('framework')) {
    return file.endsWith('registry.generated.ts') ? null : 'the framework never imports a plugin but through the generated registry';
  }
  if (libraries.some((name) => from === `framework/${name}`)) {
    // Their tests may draw from the seeded source.
    if (isTest && to === 'framework/plugin') return null;
    return ['framework/contracts', 'framework/faults', 'framework'].includes(to) ? null : `${from} knows only contracts and faults`;
  }
  if (to === 'framework/cli' && from.startsWith('framework')) return 'nothing in the framework knows the command line';
  return null;
}

export const rooms = {
  meta: {
    type: 'problem',
    docs: { description: 'holds the import rules of the design' },
    schema: [],
    messages: { wall: '"{{specifier}}": {{why}}' },
  },
  create(context) {
    const file = context.filename;
    const from = roomOf(file);
    const check = (node, source) => {
      if (typeof source?.value !== 'string') return;
      const why = verdict(from, file, source.value);
      if (why) context.report({ node, messageId: 'wall', data: { specifier: source.value, why } });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source),
    };
  },
};
