import type { AnyPlugin, PluginKind, PluginManifest } from '../contracts/index.js';
import { Fault, nearest, type Place } from '../faults/index.js';
import { pluginKinds } from './plugin-kinds.js';

/** Every known plugin by kind and name, each loaded when it is asked for. */
export type PluginTable = Readonly<Record<PluginKind, Readonly<Record<string, () => Promise<{ default: AnyPlugin }>>>>>;

/** Finds plugins by kind and name; loads no more than what an experiment has chosen. */
export class PluginRegistry {
  readonly #table: PluginTable;

  constructor(table: PluginTable) {
    this.#table = table;
  }

  names(kind: PluginKind): string[] {
    return Object.keys(this.#table[kind]);
  }

  /** Throws Fault PLUGIN_UNKNOWN with the nearest name, PLUGIN_MANIFEST where the folder's plugin is of another kind or name. */
  async load<Kind extends PluginKind>(kind: Kind, name: string, where?: Place): Promise<PluginManifest<Kind>> {
    const known = this.names(kind);
    const load = Object.hasOwn(this.#table[kind], name) ? this.#table[kind][name] : undefined;
    if (!load) {
      throw new Fault('PLUGIN_UNKNOWN', `no ${kind} is called "${name}"`, { where, nearest: nearest(name, known), known });
    }
    const plugin = (await load()).default;
    if (plugin.kind !== kind || plugin.name !== name) {
      const folder = `plugins/${pluginKinds[kind].folder}/${name}`;
      throw new Fault('PLUGIN_MANIFEST', `${folder} holds the ${plugin.kind} "${plugin.name}"`, {
        hint: 'a folder carries its plugin’s name',
      });
    }
    return plugin as unknown as PluginManifest<Kind>;
  }
}
