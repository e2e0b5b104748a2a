import { Fault, FaultList } from '../faults/index.js';
import { type ConfigNode, type MapNode, mapNode } from './config-node.js';
import type { ConfigSource, ConfigText } from './config-source.js';
import { DefaultEntry } from './default-entry.js';
import { faultAt } from './fault-at.js';
import type { Origin, SourceText } from './origin.js';
import { parseYaml } from './parse-yaml.js';

const headerLength = 512;

/** One config file, read: its values without the defaults list, and the defaults list as it is written. */
export interface LoadedConfig {
  node: ConfigNode;
  package: string | undefined;
  defaults: DefaultEntry[];
  whole: Origin;
}

/** What was read without fault stays with its source: the jobs of a sweep read every file once. */
const read = new WeakMap<ConfigSource, Map<string, LoadedConfig>>();

/** Looks for config files in several sources; the first that has one wins. */
export class ConfigRepository {
  private readonly loaded = new Map<string, LoadedConfig | undefined>();

  constructor(
    private readonly sources: readonly ConfigSource[],
    private readonly faults: Fault[],
  ) {}

  get names(): string[] {
    return this.sources.map((source) => source.name);
  }

  has(path: string): boolean {
    return this.sources.some((source) => source.has(path));
  }

  hasGroup(group: string): boolean {
    return group !== '' && this.sources.some((source) => source.hasGroup(group));
  }

  options(group: string): string[] {
    return [...new Set(this.sources.flatMap((source) => source.list(group)))].sort();
  }

  groups(): string[] {
    return [...new Set(this.sources.flatMap((source) => source.groups()))].sort();
  }

  /** Reads a config; undefined where no source has it. Its faults go to the list, and it then counts as empty. */
  load(path: string): LoadedConfig | undefined {
    if (!this.loaded.has(path)) this.loaded.set(path, this.find(path));
    return this.loaded.get(path);
  }

  private find(path: string): LoadedConfig | undefined {
    const source = this.sources.find((each) => each.has(path));
    if (!source) return undefined;
    const kept = read.get(source)?.get(path);
    if (kept) return kept;
    const before = this.faults.length;
    const loaded = this.read(source, path);
    if (this.faults.length === before) read.set(source, (read.get(source) ?? new Map<string, LoadedConfig>()).set(path, loaded));
    return loaded;
  }

  private read(source: ConfigSource, path: string): LoadedConfig {
    let from: SourceText = { source: `${source.name}/${path}.yaml`, text: '' };
    try {
      const { text, source: shown } = textOf(source, path, from);
      from = { source: shown, text };
      const whole: Origin = { from, start: 0, end: 1 };
      const node = parseYaml(from);
      if (node.kind === 'scalar') throw faultAt(whole, 'CONFIG_TYPE', 'a config file must hold a map', { expected: 'key: value' });
      const defaults = node.kind === 'map' ? this.defaultsOf(node) : [];
      return { node, package: headerPackage(from), defaults, whole };
    } catch (error) {
      if (error instanceof FaultList) this.faults.push(...error.faults);
      else if (error instanceof Fault) this.faults.push(error);
      else throw error;
      const whole: Origin = { from, start: 0, end: 1 };
      return { node: mapNode(whole), package: undefined, defaults: [], whole };
    }
  }

  /** Takes the defaults list out of a config. */
  private defaultsOf(config: MapNode): DefaultEntry[] {
    const list = config.entries.get('defaults');
    if (!list) return [];
    config.entries.delete('defaults');
    if (list.kind !== 'list')
      throw faultAt(list.origin, 'CONFIG_TYPE', 'a defaults list must be a list', { key: 'defaults', expected: '- group: option' });
    return list.items.flatMap((item) => {
      try {
        return [entryOf(item)];
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        this.faults.push(error);
        return [];
      }
    });
  }
}

function textOf(source: ConfigSource, path: string, { source: shown }: SourceText): ConfigText {
  try {
    return source.read(path);
  } catch (error) {
    throw new Fault('CONFIG_NOT_FOUND', `the file cannot be read: ${(error as Error).message}`, { where: { source: shown }, cause: error });
  }
}

function entryOf(item: ConfigNode): DefaultEntry {
  const expected = 'group: option, group: [option, option], group: null, the name of a config, or _self_';
  const wrong = (message: string) => faultAt(item.origin, 'CONFIG_TYPE', message, { key: 'defaults', expected });
  if (item.kind === 'scalar' && typeof item.value === 'string') {
    const [path, to] = splitPackage(item.value);
    if (path === '_self_' && to !== undefined) throw wrong('_self_ takes no package');
    return new DefaultEntry({ kind: 'config', path, package: to, origin: item.origin });
  }
  if (item.kind !== 'map') throw wrong('this is no entry of a defaults list');
  const [pair, second] = [...item.entries];
  if (!pair || second) throw wrong('an entry of a defaults list has exactly one key');
  const [key, value] = pair;
  const words = key.split(' ');
  const [group, to] = splitPackage(words.pop()!);
  const keywords = words.filter((word) => word !== '');
  const unknown = keywords.find((word) => word !== 'optional' && word !== 'override');
  if (unknown !== undefined || group === '')
    throw wrong(group === '' ? 'the name of a group is missing' : `"${unknown}" is no keyword of a defaults list`);
  return new DefaultEntry({
    kind: 'group',
    path: group,
    package: to,
    value: optionsOf(value, wrong),
    optionOrigins: value.kind === 'list' ? value.items.map((item) => item.origin) : [],
    optional: keywords.includes('optional'),
    override: keywords.includes('override'),
    origin: value.origin,
  });
}

function optionsOf(value: ConfigNode, wrong: (message: string) => Fault): string | null | string[] {
  if (value.kind === 'scalar' && (value.value === null || typeof value.value === 'string')) return value.value;
  if (value.kind === 'list' && value.items.every((each) => each.kind === 'scalar' && typeof each.value === 'string')) {
    return value.items.map((each) => String(each.kind === 'scalar' && each.value));
  }
  throw wrong('an option must be a name, in quotes where it looks like a number');
}

function splitPackage(text: string): [string, string | undefined] {
  const at = text.indexOf('@');
  // "group@old:new" is the form of Hydra 1.0 for renaming; like Hydra 1.3, only the first package counts.
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1).split(':')[0]];
}

/** The package of a `# @package NAME` line among the first lines, before anything else than such lines. */
function headerPackage(from: SourceText): string | undefined {
  let found: string | undefined;
  let start = 0;
  for (const line of from.text.slice(0, headerLength).split('\n')) {
    if (/^\s*#\s*@/.test(line)) {
      const words = line
        .replace(/^[\s#]+/, '')
        .split(/ +/)
        .map((word) => word.trim())
        .filter((word) => word !== '');
      if (words.length !== 2)
        throw faultAt({ from, start, end: start + line.length }, 'CONFIG_SYNTAX', 'this header line is not complete', {
          expected: '# @package NAME',
        });
      if (words[0] === '@package') found = words[1];
    } else if (line.trim() !== '') {
      break;
    }
    start += line.length + 1;
  }
  return found;
}
