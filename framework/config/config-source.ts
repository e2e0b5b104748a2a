import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/** What a source gives for one config file. */
export interface ConfigText {
  text: string;
  /** The file, relative to where the user stands: what faults and origins call it. */
  source: string;
}

/** A place to look for config files. Paths and groups have slashes and no ending: "tracker/iou", "tracker". */
export interface ConfigSource {
  /** What faults call it. */
  readonly name: string;
  has(path: string): boolean;
  hasGroup(group: string): boolean;
  read(path: string): ConfigText;
  /** The options of a group, sorted. */
  list(group: string): string[];
  /** The groups directly in this source, sorted. */
  groups(): string[];
}

/** A file's name as the user would write it from where he stands. */
export function shownPath(file: string): string {
  return relative(process.cwd(), file) || file;
}

/** A folder of YAML files: a sub-folder is a config group, a file in it an option. */
export class FolderSource implements ConfigSource {
  readonly name: string;
  readonly folder: string;

  constructor(folder: string) {
    this.folder = resolve(folder);
    this.name = shownPath(this.folder);
  }

  has(path: string): boolean {
    return statSync(this.file(path), { throwIfNoEntry: false })?.isFile() ?? false;
  }

  hasGroup(group: string): boolean {
    return statSync(join(this.folder, group), { throwIfNoEntry: false })?.isDirectory() ?? false;
  }

  read(path: string): ConfigText {
    const file = this.file(path);
    return { text: readFileSync(file, 'utf8'), source: shownPath(file) };
  }

  list(group: string): string[] {
    return this.children(group)
      .filter((child) => child.name.endsWith('.yaml') && this.has(join(group, child.name)))
      .map((child) => child.name.slice(0, -'.yaml'.length))
      .sort();
  }

  groups(): string[] {
    return this.children('')
      .filter((child) => child.isDirectory())
      .map((child) => child.name)
      .sort();
  }

  private file(path: string): string {
    return join(this.folder, path.endsWith('.yaml') ? path : `${path}.yaml`);
  }

  private children(group: string): Dirent[] {
    return this.hasGroup(group) ? readdirSync(join(this.folder, group), { withFileTypes: true }) : [];
  }
}
