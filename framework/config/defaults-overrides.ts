import type { Fault } from '../faults/index.js';
import { nearest } from '../faults/index.js';
import type { ConfigRepository } from './config-repository.js';
import { DefaultEntry } from './default-entry.js';
import { faultAt } from './fault-at.js';
import type { Origin } from './origin.js';
import { actionSign, type Override, overrideKey } from './parse-override.js';
import { Dict, printValue, Quoted, type Value } from './override-value.js';
import { isSweep } from './sweep-value.js';

interface ChoiceOverride {
  value: string | string[];
  origin: Origin | undefined;
  optionOrigins: readonly (Origin | undefined)[];
  /** The config that says it; undefined for the command line. */
  within?: string;
  key: string;
  used: boolean;
}

interface Deletion {
  option: string | null;
  origin: Origin;
  used: boolean;
}

/** The overrides that reach the defaults list, from the command line and from `override` entries, and the choices made so far. */
export class DefaultsOverrides {
  /** Entries that `+group=option` adds to the primary config's list. */
  readonly appended: DefaultEntry[] = [];
  /** Overrides of values, for when all is merged. */
  readonly values: Override[] = [];
  readonly choices = new Map<string, string | null>();
  /** Where each choice was made. */
  readonly choiceOrigins = new Map<string, Origin>();
  private readonly changes = new Map<string, ChoiceOverride>();
  private readonly deletions = new Map<string, Deletion>();
  private readonly keysOfGroup = new Map<string, Set<string>>();

  constructor(
    overrides: readonly Override[],
    repository: ConfigRepository,
    private readonly faults: Fault[],
  ) {
    for (const override of overrides) {
      if (isSweep(override.value)) continue;
      if (override.value instanceof Dict || !repository.hasGroup(override.key)) this.values.push(override);
      else this.takeGroup(override);
    }
  }

  private takeGroup(override: Override): void {
    const { from, action, key } = override;
    const origin: Origin = { from, start: override.valueStart, end: from.text.length };
    const wrong = (message: string, hint?: string) => this.faults.push(faultAt(origin, 'OVERRIDE_SYNTAX', message, { key, hint }));
    const option = optionOf(override.value);
    if (action === 'force') {
      wrong(`"${key}" is a config group and cannot be forced`, `write ${from.text.slice(1)} to add it, ${from.text.slice(2)} to change it`);
    } else if (action === 'delete') {
      if (override.value !== null && typeof option !== 'string') wrong('only one option of a group can be deleted by name');
      else
        this.deletions.set(overrideKey(override), {
          option: typeof option === 'string' ? option : null,
          origin: { from, start: 1, end: from.text.length },
          used: false,
        });
    } else if (option === undefined) {
      wrong(
        `the option of the config group "${key}" must be a name or a list of names`,
        'put a name that looks like a number in quotes; ~group takes a group out',
      );
    } else if (action === 'add') {
      const optionOrigins = optionOriginsOf(override, option);
      const entry = new DefaultEntry({ kind: 'group', path: key, package: override.package, value: option, origin, optionOrigins });
      entry.appended = true;
      this.appended.push(entry);
    } else {
      const full = overrideKey(override);
      this.changes.set(full, { value: option, origin, optionOrigins: optionOriginsOf(override, option), key: full, used: false });
    }
  }

  /** Takes an `override` entry of a defaults list; what was said first counts, and the command line before all. */
  add(within: string, entry: DefaultEntry): void {
    const key = entry.overrideKey();
    if (!this.changes.has(key))
      this.changes.set(key, {
        value: entry.value as string | string[],
        origin: entry.origin,
        optionOrigins: entry.optionOrigins,
        within,
        key,
        used: false,
      });
  }

  /** Changes the option of an entry where an override says so. */
  apply(entry: DefaultEntry): void {
    if (entry.kind !== 'group') return;
    const change = this.changes.get(entry.overrideKey());
    if (!change) return;
    entry.value = change.value;
    entry.origin = change.origin ?? entry.origin;
    entry.optionOrigins = change.optionOrigins;
    change.used = true;
  }

  deletes(entry: DefaultEntry): boolean {
    const deletion = entry.kind === 'group' ? this.deletions.get(entry.overrideKey()) : undefined;
    if (!deletion || (deletion.option !== null && deletion.option !== entry.name)) return false;
    deletion.used = true;
    return true;
  }

  /** Notes the choice of a group. Two different ones for the same key are a fault. */
  know(entry: DefaultEntry): void {
    if (entry.kind !== 'group') return;
    const key = entry.overrideKey();
    const before = this.choices.get(key);
    if (before === undefined) {
      this.choices.set(key, entry.name);
      if (entry.origin) this.choiceOrigins.set(key, entry.origin);
    } else if (before !== entry.name) {
      const hint = entry.appended ? `write ${key}=${entry.name} to change it` : `to change it, write "override ${key}: ${entry.name}"`;
      this.faults.push(faultAt(entry.origin, 'CHOICE_DUPLICATE', `"${key}" is chosen twice: ${before} and ${entry.name}`, { key, hint }));
    }
    const group = entry.groupPath();
    this.keysOfGroup.set(group, (this.keysOfGroup.get(group) ?? new Set()).add(key));
  }

  /** Adds a fault for every override and deletion that reached no entry. */
  checkUsed(): void {
    for (const { key, value, origin, within, used } of this.changes.values()) {
      if (used) continue;
      const [group = ''] = key.split('@');
      const known = [...(this.keysOfGroup.get(group) ?? [])].sort();
      const hint = within === undefined ? `to add it, write +${key}=${printValue(value)}` : hintFor(key, group, within, known);
      const message =
        within === undefined
          ? `there is no "${key}" in the defaults list to change`
          : `"${within}" overrides "${key}", which its override cannot reach`;
      this.faults.push(
        faultAt(origin, 'DEFAULTS_OVERRIDE', message, { key, nearest: known.includes(key) ? undefined : nearest(key, known), known, hint }),
      );
    }
    for (const [key, { option, origin, used }] of this.deletions) {
      if (used) continue;
      const known = [...this.choices.keys()];
      const shown = option === null ? key : `${key}=${option}`;
      this.faults.push(
        faultAt(origin, 'DEFAULTS_OVERRIDE', `there is no "${shown}" in the defaults list to delete`, {
          key,
          nearest: nearest(key, known),
          known,
        }),
      );
    }
  }
}

function hintFor(key: string, group: string, within: string, known: readonly string[]): string {
  if (known.includes(key))
    return `an override reaches only entries that stand before "${within}" in the defaults list: move ${key} up, or the override down`;
  if (known.includes(group))
    return `within "${within}" this means "${key}"; write "override /${group}@_global_.${group.replaceAll('/', '.')}" for the one at the root`;
  return 'only a group that stands in a defaults list can be overridden: add it there without "override"';
}

function optionOf(value: Value): string | string[] | undefined {
  const text = value instanceof Quoted ? value.text : value;
  if (typeof text === 'string') return text;
  if (!Array.isArray(text)) return undefined;
  const names = text.map((item) => (item instanceof Quoted ? item.text : item));
  return names.every((name) => typeof name === 'string') ? names : undefined;
}

/** Where each name of an override's list of options stands: between them there is nothing but punctuation. */
function optionOriginsOf({ from, valueStart }: Override, option: string | string[]): (Origin | undefined)[] {
  let at = valueStart;
  return (Array.isArray(option) ? option : []).map((name) => {
    const start = name === '' ? -1 : from.text.indexOf(name, at);
    if (start === -1) return undefined;
    at = start + name.length;
    return { from, start, end: at };
  });
}

/** The override as the user would write it, without its value. */
export function signedKey(override: Override): string {
  return actionSign[override.action] + overrideKey(override);
}
