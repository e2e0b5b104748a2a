import { Fault, nearest } from '../faults/index.js';
import { type MapNode, mapNode } from './config-node.js';
import type { ConfigRepository } from './config-repository.js';
import { DefaultEntry } from './default-entry.js';
import type { DefaultsOverrides } from './defaults-overrides.js';
import { faultAt } from './fault-at.js';
import { parseText } from './interpolation-grammar.js';
import { pluginKindOf } from './plugin-source.js';
import { Resolution } from './resolve-interpolation.js';

const maxDepth = 64;
const maxEntries = 5_000;

/** One config of the final list, in the order of merging. */
export interface FinalDefault {
  path: string;
  package: string;
  key: string | undefined;
  entry: DefaultEntry;
}

interface Branch {
  entry: DefaultEntry;
  parent: Branch | undefined;
  children?: (Branch | DefaultEntry)[];
}

class Stop extends Error {}

/**
 * Expands the defaults lists of a primary config and of everything it chooses into one flat list, by the rules of Hydra 1.3: lists are
 * expanded from their end, so an `override` in a chosen config reaches only entries that stand before it.
 */
export class DefaultsList {
  private entries = 0;

  constructor(
    private readonly repository: ConfigRepository,
    private readonly overrides: DefaultsOverrides,
    private readonly env: Readonly<Record<string, string | undefined>>,
    private readonly faults: Fault[],
    /** True where a choice that is still to be made (???) is no fault. */
    private readonly beforeSweep: boolean,
  ) {}

  expand(primary: DefaultEntry): FinalDefault[] {
    const root: Branch = { entry: primary, parent: undefined };
    try {
      this.grow(root, false, 0);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      return [];
    }
    const list = [...this.flatten(root)];
    const seen = new Map<string, FinalDefault>();
    for (const item of list) {
      if (item.key === undefined) continue;
      if (seen.has(item.key))
        this.faults.push(
          faultAt(item.entry.origin, 'CHOICE_DUPLICATE', `"${item.key}" stands more than once in the final defaults list`, {
            key: item.key,
          }),
        );
      seen.set(item.key, item);
    }
    return list;
  }

  private *flatten(branch: Branch): Generator<FinalDefault> {
    if (!branch.children?.length) {
      if (usable(branch.entry)) yield final(branch.entry);
      return;
    }
    for (const child of branch.children) {
      if (!(child instanceof DefaultEntry)) yield* this.flatten(child);
      else if (child.isSelf) yield { ...final(branch.entry), key: undefined };
      else if (usable(child)) yield final(child);
    }
  }

  /** Adds the children of one branch, last entry first. */
  private grow(branch: Branch, interpolated: boolean, depth: number): void {
    const { entry } = branch;
    this.guard(branch, depth);
    const loaded = entry.isMissing || entry.name === null ? undefined : this.repository.load(entry.configPath());
    if (loaded) entry.setHeader(loaded.package);
    if (this.overrides.deletes(entry)) {
      entry.deleted = true;
      return;
    }
    this.overrides.know(entry);
    if (entry.name === null) return;
    if (entry.isMissing) return this.mustChoose(entry);
    if (!loaded) {
      entry.deleted = true;
      if (!entry.optional) this.notFound(branch);
      return;
    }
    const list = loaded.defaults.map((each) => each.copy());
    const appended = entry.primary ? this.overrides.appended : [];
    const selfAdded = list.length + appended.length > 0 && this.checkSelf(entry, list);
    // A primary config in a sub-folder still means the groups at the root when the command line adds one.
    for (const each of entry.globalPackage ? appended : []) each.path = `/${each.path}`;
    list.push(...appended);
    this.collectOverrides(entry, list, interpolated);

    const children: (Branch | DefaultEntry)[] = [];
    for (const each of [...list].reverse()) {
      if (each.isSelf) {
        children.push(each);
        continue;
      }
      if (each.override) continue;
      each.setParent(entry.groupPath(), entry.finalPackage());
      this.overrides.apply(each);
      if (each.kind === 'group' && Array.isArray(each.value)) {
        for (const option of each.singles().reverse()) this.addOption(branch, option, children, interpolated, depth);
      } else if (each.isInterpolation) {
        children.push(each);
      } else {
        this.add(branch, each, children, interpolated, depth);
      }
    }
    // Interpolations wait until every group of this list has its choice.
    const choices = this.choiceMap(list, selfAdded);
    const before = this.faults.length;
    children.forEach((child, index) => {
      if (!(child instanceof DefaultEntry) || child.isSelf || !child.isInterpolation) return;
      // After a wrong choice, what is made of it would only add faults that go away with the first.
      if (before > 0 || !this.resolve(child, choices)) {
        child.deleted = true;
        return;
      }
      const grown: Branch = { entry: child, parent: branch };
      this.grow(grown, true, depth + 1);
      if (grown.children) children[index] = grown;
    });
    if (children.length > 0) branch.children = children.reverse();
  }

  private guard(branch: Branch, depth: number): void {
    const path = branch.entry.configPath();
    const to = branch.entry.finalPackage();
    const chain = [path];
    for (let up = branch.parent; up; up = up.parent) {
      chain.unshift(up.entry.configPath());
      if (depth > maxDepth || (up.entry.configPath() === path && up.entry.finalPackage() === to)) {
        this.stop(
          faultAt(branch.entry.origin, 'CONFIG_CYCLE', `the defaults lists lead back to where they began: ${chain.slice(-8).join(' -> ')}`),
        );
      }
    }
    if (++this.entries > maxEntries)
      this.stop(faultAt(branch.entry.origin, 'CONFIG_TOO_LARGE', `the defaults lists lead to more than ${maxEntries} configs`));
  }

  private stop(fault: Fault): never {
    this.faults.push(fault);
    throw new Stop();
  }

  private add(parent: Branch, entry: DefaultEntry, children: (Branch | DefaultEntry)[], interpolated: boolean, depth: number): void {
    const branch: Branch = { entry, parent };
    this.grow(branch, interpolated, depth + 1);
    children.push(branch.children ? branch : entry);
  }

  private addOption(parent: Branch, entry: DefaultEntry, children: (Branch | DefaultEntry)[], interpolated: boolean, depth: number): void {
    if (entry.isInterpolation) {
      this.faults.push(
        faultAt(entry.origin, 'INTERPOLATION', 'no interpolation is possible within a list of options', { hint: 'name the options' }),
      );
      return;
    }
    entry.setParent(parent.entry.groupPath(), parent.entry.finalPackage());
    this.add(parent, entry, children, interpolated, depth);
  }

  /** Adds _self_ at the end where it is not said. Says whether it did. */
  private checkSelf(entry: DefaultEntry, list: DefaultEntry[]): boolean {
    const selves = list.filter((each) => each.isSelf);
    if (selves[1])
      this.faults.push(
        faultAt(selves[1].origin, 'CHOICE_DUPLICATE', `_self_ stands twice in the defaults list of "${entry.configPath()}"`),
      );
    if (selves.length > 0) return false;
    list.push(new DefaultEntry({ kind: 'config', path: '_self_' }));
    return true;
  }

  private collectOverrides(parent: DefaultEntry, list: readonly DefaultEntry[], interpolated: boolean): void {
    let last: DefaultEntry | undefined;
    for (const entry of list) {
      if (entry.isSelf) continue;
      entry.setParent(parent.groupPath(), parent.finalPackage());
      if (entry.override) {
        last = entry;
        if (interpolated) {
          const hint = 'its choice is known only after all others: move the override to the config that chooses';
          this.faults.push(
            faultAt(
              entry.origin,
              'DEFAULTS_OVERRIDE',
              `"${parent.configPath()}" is chosen by an interpolation and cannot override others`,
              { hint },
            ),
          );
        }
        this.overrides.add(parent.configPath(), entry);
      } else if (last && !entry.appended) {
        this.faults.push(
          faultAt(last.origin, 'DEFAULTS_OVERRIDE', `"override ${last.overrideKey()}" stands before other entries`, {
            hint: 'overrides stand at the end of a defaults list',
          }),
        );
        return;
      }
    }
  }

  private choiceMap(list: readonly DefaultEntry[], selfAdded: boolean): MapNode {
    const map = mapNode();
    for (const [key, value] of this.overrides.choices) map.entries.set(key, { kind: 'scalar', value, origin: undefined });
    const items = list
      .filter((each) => each.kind === 'config' && !(selfAdded && each.isSelf))
      .map((each) => ({ kind: 'scalar' as const, value: each.configPath(), origin: undefined }));
    map.entries.set('defaults', { kind: 'list', items, origin: undefined });
    return map;
  }

  /** Puts the choices into an entry's interpolation. */
  private resolve(entry: DefaultEntry, choices: MapNode): boolean {
    const text = entry.kind === 'group' ? String(entry.value) : entry.path;
    try {
      const node = { kind: 'scalar' as const, value: text, syntax: parseText(text), origin: entry.origin };
      const value = new Resolution(choices, this.env).resolved({ node, path: ['_'] });
      if (value.kind !== 'scalar' || typeof value.value !== 'string')
        throw faultAt(entry.origin, 'INTERPOLATION', `"${text}" does not give the name of an option`);
      if (entry.kind === 'group') entry.value = value.value;
      else entry.path = value.value;
      return true;
    } catch (error) {
      if (this.beforeSweep && error instanceof Fault && error.code === 'CONFIG_MISSING') return false;
      const known = [...choices.entries.keys()].filter((key) => key !== 'defaults');
      const cause = error as Fault;
      this.faults.push(
        faultAt(entry.origin, cause.code ?? 'INTERPOLATION', cause.message, {
          known,
          nearest: cause.details?.nearest,
          hint: 'in a defaults list, interpolations are made of the choices of groups',
        }),
      );
      return false;
    }
  }

  private mustChoose(entry: DefaultEntry): void {
    if (this.beforeSweep) return;
    const key = entry.overrideKey();
    const known = this.repository.options(entry.groupPath());
    this.faults.push(faultAt(entry.origin, 'CONFIG_MISSING', `"${key}" must be chosen`, { key, known, hint: `choose one: ${key}=OPTION` }));
  }

  private notFound({ entry, parent }: Branch): void {
    const path = entry.configPath();
    const group = entry.groupPath();
    if (entry.primary) {
      const known = this.repository.options(group);
      const hint = `looked in ${this.repository.names.join(', ')}`;
      this.faults.push(
        faultAt(entry.origin, 'CONFIG_NOT_FOUND', `there is no config "${path}"`, { nearest: nearest(entry.name!, known), known, hint }),
      );
      return;
    }
    const known = this.repository.options(group);
    const within = parent && !entry.origin?.from.single ? `, asked for in "${parent.entry.configPath()}"` : '';
    const absolute = !entry.path.startsWith('/') && this.repository.has(entry.path + (entry.kind === 'group' ? `/${entry.name}` : ''));
    const hint = absolute
      ? `names are relative to the config's own group; write /${entry.path}`
      : `looked in ${this.repository.names.join(', ')}`;
    const details = { key: entry.kind === 'group' ? entry.overrideKey() : path, nearest: nearest(entry.name!, known), known, hint };
    const plugin = pluginKindOf(group);
    const message = group === '' ? `there is no config "${path}"${within}` : `no ${plugin ?? group} is called "${entry.name}"${within}`;
    this.faults.push(
      faultAt(entry.origin, group === '' ? 'CONFIG_NOT_FOUND' : plugin ? 'PLUGIN_UNKNOWN' : 'CHOICE_UNKNOWN', message, details),
    );
  }
}

function usable(entry: DefaultEntry): boolean {
  return !entry.deleted && !entry.isMissing && entry.name !== null;
}

function final(entry: DefaultEntry): FinalDefault {
  return { path: entry.configPath(), package: entry.finalPackage(), key: entry.kind === 'group' ? entry.overrideKey() : undefined, entry };
}
