import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pluginKinds } from '../plugin/plugin-kinds.js';
import { type ConfigSource, type ConfigText, shownPath } from './config-source.js';

const folders = new Map(Object.values(pluginKinds).map(({ group, folder }) => [group, folder]));

/** The kind of plugin that the options of a config group are, or undefined where they are none. */
export function pluginKindOf(group: string): string | undefined {
  return Object.entries(pluginKinds).find(([, kind]) => kind.group === group)?.[0];
}

/** The plugins' own defaults: option NAME of group `tracker` is plugins/trackers/NAME/default.yaml. */
export class PluginSource implements ConfigSource {
  readonly name: string;

  constructor(private readonly folder: string) {
    this.name = shownPath(folder);
  }

  has(path: string): boolean {
    const file = this.file(path);
    return file !== undefined && (statSync(file, { throwIfNoEntry: false })?.isFile() ?? false);
  }

  hasGroup(group: string): boolean {
    const folder = folders.get(group);
    return folder !== undefined && (statSync(join(this.folder, folder), { throwIfNoEntry: false })?.isDirectory() ?? false);
  }

  read(path: string): ConfigText {
    const file = this.file(path)!;
    return { text: readFileSync(file, 'utf8'), source: shownPath(file) };
  }

  list(group: string): string[] {
    if (!this.hasGroup(group)) return [];
    return readdirSync(join(this.folder, folders.get(group)!))
      .filter((plugin) => this.has(`${group}/${plugin}`))
      .sort();
  }

  groups(): string[] {
    return [...folders.keys()].filter((group) => this.hasGroup(group)).sort();
  }

  private file(path: string): string | undefined {
    const parts = path.split('/');
    const [group = '', plugin = ''] = parts;
    if (parts.length !== 2 || !folders.has(group) || !/^[\w-]+$/.test(plugin)) return undefined;
    return join(this.folder, folders.get(group)!, plugin, 'default.yaml');
  }
}
