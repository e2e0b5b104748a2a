import type { PluginKind, PluginManifest } from '../contracts/index.js';
import { Fault, nearest } from '../faults/index.js';
import { pluginKinds } from '../plugin/index.js';
import { PluginRegistry } from '../plugin/plugin-registry.js';
import { generatedPlugins } from '../plugin/registry.generated.js';
import type { Command } from './command.js';
import { parseArguments } from './parse-arguments.js';

const kinds = Object.keys(pluginKinds) as PluginKind[];

async function list(registry: PluginRegistry): Promise<PluginManifest[]> {
  const all = kinds.flatMap((kind) => registry.names(kind).map((name) => registry.load(kind, name)));
  return (await Promise.all(all)) as PluginManifest[];
}

function describe(manifest: PluginManifest): string {
  const { folder, group } = pluginKinds[manifest.kind];
  const lines = [
    `${manifest.kind} ${manifest.name} ${manifest.version}: ${manifest.summary}`,
    `  chosen by    ${group}${manifest.kind === 'metric' ? `: [${manifest.name}]` : `=${manifest.name}`}`,
    `  folder       plugins/${folder}/${manifest.name}`,
    `  consumes     ${manifest.consumes.join(', ') || 'nothing'}`,
    `  output       ${manifest.deterministic ? 'deterministic, may be cached' : 'not deterministic, never cached'}`,
    `  licence      code ${manifest.licence.code}${manifest.licence.weights ? `, weights ${manifest.licence.weights}` : ''}`,
  ];
  if (manifest.needs?.length) lines.push(`  needs        ${manifest.needs.join(', ')}`);
  if (manifest.kernels?.length) lines.push(`  kernels      ${manifest.kernels.join(', ')}`);
  for (const { name, version, why } of manifest.optionalPackages ?? []) lines.push(`  optional     ${name} ${version}: ${why}`);
  if (manifest.citation) lines.push(`  cite         ${manifest.citation}`);
  lines.push('  config');
  for (const [name, property] of Object.entries(manifest.config.properties)) {
    const value = 'default' in property ? JSON.stringify(property['default']) : 'required';
    lines.push(`    ${name.padEnd(24)} ${value.padEnd(14)} ${property.description}`);
  }
  return lines.join('\n');
}

export const command: Command = {
  summary: 'list the plugins, or describe one',
  help: [
    'mienlab plugins [KIND] [--json]           list the plugins (of a kind)',
    'mienlab plugins describe NAME [--json]    what a plugin does, needs and can be told',
    '',
    `Kinds: ${kinds.join(', ')}`,
  ].join('\n'),
  async run(args) {
    const { positionals, flags } = parseArguments(args, { flags: ['json'] });
    const registry = new PluginRegistry(generatedPlugins);
    const manifests = await list(registry);
    const [first, name] = positionals;
    const print = (chosen: PluginManifest[], form: (manifest: PluginManifest) => string) =>
      console.log(flags.has('json') ? JSON.stringify(chosen, null, 2) : chosen.map(form).join('\n'));
    if (first === 'describe') {
      const found = manifests.filter((manifest) => manifest.name === name);
      if (!found.length) {
        const known = manifests.map((manifest) => manifest.name);
        throw new Fault('PLUGIN_UNKNOWN', `no plugin is called "${name ?? ''}"`, { nearest: nearest(name ?? '', known), known });
      }
      print(found, describe);
      return 0;
    }
    if (first !== undefined && !kinds.includes(first as PluginKind)) {
      throw new Fault('USAGE', `no kind of plugin is called "${first}"`, { known: kinds });
    }
    const row = ({ kind, name, version, summary }: PluginManifest) =>
      `${kind.padEnd(10)} ${name.padEnd(16)} ${version.padEnd(8)} ${summary}`;
    print(
      manifests.filter(({ kind }) => first === undefined || kind === first),
      row,
    );
    return 0;
  },
};
