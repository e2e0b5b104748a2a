import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ConfigSource, type ConfigText, shownPath } from './config-source.js';

/** Config group of each plugin kind, and the folder its plugins lie in. */
export const pluginFolders: Readonly<Record<string, string>> = {
  data: 'datasets',
  detector: 'detectors',
  tracker: 'trackers',
  encoder: 'encoders',
  projector: 'projectors',
  'llm-head': 'llm-heads',
  metrics: 'metrics',
  judge: 'judges',
};

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
    return (
      Object.hasOwn(pluginFolders, group) &&
      (statSync(join(this.folder, pluginFolders[group]!), { throwIfNoEntry: false })?.isDirectory() ?? false)
    );
  }

  read(path: string): ConfigText {
    const file = this.file(path)!;
    return { text: readFileSync(file, 'utf8'), source: shownPath(file) };
  }

  list(group: string): string[] {
    if (!this.hasGroup(group)) return [];
    return readdirSync(join(this.folder, pluginFolders[group]!))
      .filter((plugin) => this.has(`${group}/${plugin}`))
      .sort();
  }

  groups(): string[] {
    return Object.keys(pluginFolders)
      .filter((group) => this.hasGroup(group))
      .sort();
  }

  private file(path: string): string | undefined {
    const parts = path.split('/');
    const [group = '', plugin = ''] = parts;
    if (parts.length !== 2 || !Object.hasOwn(pluginFolders, group) || !/^[\w-]+$/.test(plugin)) return undefined;
    return join(this.folder, pluginFolders[group]!, plugin, 'default.yaml');
  }
}
