import type { ConfigSource, ConfigText } from './config-source.js';

/** Config files given as texts, by path with ending ("tracker/iou.yaml"): for tests. */
export class MemorySource implements ConfigSource {
  readonly name = 'memory';

  constructor(private readonly files: Readonly<Record<string, string>>) {}

  has(path: string): boolean {
    return Object.hasOwn(this.files, path.endsWith('.yaml') ? path : `${path}.yaml`);
  }

  hasGroup(group: string): boolean {
    return Object.keys(this.files).some((file) => file.startsWith(`${group}/`));
  }

  read(path: string): ConfigText {
    const source = path.endsWith('.yaml') ? path : `${path}.yaml`;
    return { text: this.files[source]!, source };
  }

  list(group: string): string[] {
    const prefix = group === '' ? '' : `${group}/`;
    return this.below(prefix)
      .filter((rest) => !rest.includes('/'))
      .map((rest) => rest.replace(/\.yaml$/, ''));
  }

  groups(): string[] {
    return [...new Set(this.below('').filter((rest) => rest.includes('/')))].map((rest) => rest.split('/')[0]!);
  }

  private below(prefix: string): string[] {
    return Object.keys(this.files)
      .filter((file) => file.startsWith(prefix))
      .map((file) => file.slice(prefix.length))
      .sort();
  }
}
