import type { PluginKind, PluginManifest } from '../contracts/index.js';
import { Fault } from '../faults/index.js';

/** A manifest's own form: what types cannot say. All that is wrong is named in one fault. */
export function checkManifest(manifest: PluginManifest<PluginKind>): void {
  const wrong: string[] = [];
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(manifest.name)) wrong.push(`its name "${manifest.name}" is not kebab-case`);
  if (!/^\d+\.\d+\.\d+/.test(manifest.version)) wrong.push(`its version "${manifest.version}" is not a semantic version`);
  if (manifest.contract !== 1) wrong.push(`it was written against contract ${String(manifest.contract)}, this is contract 1`);
  if (!manifest.summary.trim()) wrong.push('it has no summary');
  const { properties, required = [], additionalProperties } = manifest.config;
  if (additionalProperties !== false) wrong.push('its config schema lets unknown properties pass');
  for (const [name, property] of Object.entries(properties)) {
    if (!property.description?.trim()) wrong.push(`its property "${name}" has no description`);
    if (!('default' in property) && !required.includes(name)) wrong.push(`its property "${name}" has neither a default nor is it required`);
  }
  for (const name of required) if (!(name in properties)) wrong.push(`it requires "${name}", which is no property`);
  if (manifest.kind === 'encoder' && !manifest.input) wrong.push('an encoder says the sizes of its input');
  for (const name of manifest.nested ?? []) {
    if (manifest.kind !== 'encoder' || !(name in properties)) wrong.push(`"${name}" is nested, and no option of an encoder`);
  }
  if (manifest.kind === 'llm-head' && !manifest.limits) wrong.push('an LLM head says its limits');
  if (wrong.length) {
    throw new Fault('PLUGIN_MANIFEST', `${manifest.kind} "${manifest.name}": ${wrong.join('; ')}`, { hint: 'mend its plugin.ts' });
  }
}
