import { Fault, FaultList, type Place } from '../faults/index.js';
import { OverrideApplication } from './apply-override.js';
import { childOf, type ConfigNode, copyNode, type MapNode, mapNode } from './config-node.js';
import { ConfigRepository } from './config-repository.js';
import type { ConfigSource } from './config-source.js';
import { DefaultEntry } from './default-entry.js';
import { DefaultsList, type FinalDefault } from './defaults-list.js';
import { DefaultsOverrides } from './defaults-overrides.js';
import { faultAt } from './fault-at.js';
import { mergeContainer } from './merge.js';
import { commandLineArgument, type Origin, placeOf, type SourceText } from './origin.js';
import { type Override, parseOverride } from './parse-override.js';
import { type PlainValue, plainValue } from './plain-value.js';
import { Resolution } from './resolve-interpolation.js';
import { ChoiceSweep, isSweep } from './sweep-value.js';

/** An override with where it was said; a plain string counts as argument N of the command line, N being its number in the list. */
export type OverrideInput = string | SourceText;

export interface ComposeOptions {
  /** Where config files are looked for; the first source that has one wins. */
  configDirs: readonly ConfigSource[];
  /** The primary config: a path within the sources, without ending. */
  name: string;
  overrides?: readonly OverrideInput[];
  /** For oc.env; process.env where it is not given. */
  env?: Readonly<Record<string, string | undefined>>;
  /** True where the primary config's values go to the root even if its file lies in a sub-folder. */
  global?: boolean;
}

interface MergeOptions extends ComposeOptions {
  /** True where overrides that sweep are left out and choices that are still to be made are no fault: to find what there is to sweep over. */
  beforeSweep?: boolean;
}

/** A merged tree, its interpolations not resolved, and the choices that it came from. */
interface Merged {
  root: MapNode;
  choices: ReadonlyMap<string, string | null>;
  choiceOrigins: ReadonlyMap<string, Origin>;
}

/** A composed config: its values, its choices, and where each value came from. */
export class ComposedConfig {
  constructor(
    /** The tree as it was merged, interpolations not resolved. */
    readonly unresolvedTree: MapNode,
    readonly tree: MapNode,
    /** The option chosen for each group of the defaults lists; groups with several options are not among them. */
    readonly choices: Readonly<Record<string, string | null>>,
    private readonly choiceOrigins: ReadonlyMap<string, Origin>,
    /** What `oc.deprecated` has to say. */
    readonly warnings: readonly string[],
  ) {}

  /** The plain values, interpolations resolved; `???` stands where a value is missing. Throws where an integer does not fit a number. */
  get config(): Record<string, PlainValue> {
    return plainValue(this.tree) as Record<string, PlainValue>;
  }

  /** The plain values as they were written. */
  get unresolved(): Record<string, PlainValue> {
    return plainValue(this.unresolvedTree) as Record<string, PlainValue>;
  }

  /** Where the value at a path was written. */
  origin(path: readonly (string | number)[]): Place | undefined {
    const origin = this.at(path)?.origin;
    return origin && placeOf(origin);
  }

  /** Where the option of a group was chosen. */
  choiceOrigin(key: string): Place | undefined {
    const origin = this.choiceOrigins.get(key);
    return origin && placeOf(origin);
  }

  /**
   * A fault about the value at a path, or about its key, with place and excerpt. For a path that is not there, the nearest one above it
   * is shown.
   */
  fault(
    path: readonly (string | number)[],
    code: Fault['code'],
    message: string,
    details: Fault['details'] = {},
    at: 'value' | 'key' = 'value',
  ): Fault {
    for (let length = path.length; length > 0; length--) {
      const node = this.at(path.slice(0, length));
      const origin = at === 'key' ? (node?.keyOrigin ?? node?.origin) : node?.origin;
      if (origin) return faultAt(origin, code, message, { key: path.join('.'), ...details });
    }
    return faultAt(undefined, code, message, { key: path.join('.'), ...details });
  }

  /** A fault about the option of a group. */
  choiceFault(key: string, code: Fault['code'], message: string, details: Fault['details'] = {}): Fault {
    return faultAt(this.choiceOrigins.get(key), code, message, { key, ...details });
  }

  /** The same with changed trees. */
  withTree(change: (tree: MapNode) => MapNode): ComposedConfig {
    return new ComposedConfig(change(this.unresolvedTree), change(this.tree), this.choices, this.choiceOrigins, this.warnings);
  }

  private at(path: readonly (string | number)[]): ConfigNode | undefined {
    return path.reduce<ConfigNode | undefined>(
      (node, key) => (node && node.kind !== 'scalar' ? childOf(node, String(key)) : undefined),
      this.tree,
    );
  }
}

/** Gives every override its place: a plain string is an argument of the command line. */
export function withPlaces(overrides: readonly OverrideInput[]): SourceText[] {
  return overrides.map((override, index) => (typeof override === 'string' ? commandLineArgument(override, index + 1) : override));
}

/** Parses overrides; those with faults are left out and their faults added. */
export function parseOverrides(overrides: readonly OverrideInput[], faults: Fault[]): Override[] {
  return withPlaces(overrides).flatMap((from) => {
    try {
      return [parseOverride(from)];
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      faults.push(error);
      return [];
    }
  });
}

/**
 * Composes a config as Hydra 1.3 does: the defaults list of the primary config is expanded, the configs are merged in its order, overrides
 * are applied, interpolations resolved. Throws a FaultList with every fault that could be found together.
 */
export function composeConfig(options: ComposeOptions): ComposedConfig {
  const { root, choices, choiceOrigins } = mergeConfig(options);
  const faults: Fault[] = [];
  const resolution = new Resolution(root, options.env ?? process.env);
  let tree = mapNode();
  attempt(faults, () => (tree = resolution.resolveAll(faults)));
  if (faults.length > 0) throw new FaultList(faults);
  return new ComposedConfig(root, tree, Object.fromEntries(choices), choiceOrigins, resolution.warnings);
}

/** All of composing but the interpolations. Throws a FaultList. */
export function mergeConfig(options: MergeOptions): Merged {
  const { env = process.env, beforeSweep = false } = options;
  const faults: Fault[] = [];
  const stopAtFaults = () => {
    if (faults.length > 0) throw new FaultList(faults);
  };
  const overrides = parseOverrides(options.overrides ?? [], faults);
  const repository = new ConfigRepository(options.configDirs, faults);
  if (!beforeSweep) faults.push(...overrides.filter((each) => isSweep(each.value)).map(sweepFault));
  const syntaxFaults = faults.length;

  const defaults = new DefaultsOverrides(overrides, repository, faults);
  const primary = new DefaultEntry({ kind: 'config', path: options.name });
  primary.primary = true;
  primary.globalPackage = options.global ?? false;
  const list = new DefaultsList(repository, defaults, env, faults, beforeSweep).expand(primary);
  if (faults.length === syntaxFaults) defaults.checkUsed();
  if (faults.length > syntaxFaults) stopAtFaults();

  const root = mapNode();
  const resolution = new Resolution(root, env);
  for (const item of list) attempt(faults, () => mergeFile(root, item, repository, resolution));
  root.entries.delete('hydra');
  const application = new OverrideApplication(root, repository, env);
  for (const override of defaults.values) attempt(faults, () => application.apply(override));
  stopAtFaults();
  return { root, choices: defaults.choices, choiceOrigins: defaults.choiceOrigins };
}

function attempt(faults: Fault[], step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    faults.push(error);
  }
}

/** Merges one config of the final list into the tree, at its package. */
function mergeFile(root: MapNode, item: FinalDefault, repository: ConfigRepository, resolution: Resolution): void {
  const loaded = repository.load(item.path)!;
  let node: ConfigNode = copyNode(loaded.node);
  for (const key of item.package === '' ? [] : item.package.split('.').reverse()) {
    const outer = mapNode(loaded.whole);
    outer.entries.set(key, node);
    node = outer;
  }
  mergeContainer(root, node, [], resolution);
}

function sweepFault({ key, from, value, valueStart }: Override): Fault {
  const origin: Origin = { from, start: valueStart, end: from.text.length };
  const text = from.text.slice(valueStart);
  const simple = value instanceof ChoiceSweep && value.simple;
  const hint = simple
    ? `for a list, write ${key}=[${text}]; for a string, put it in quotes; for a sweep, add --multirun`
    : 'for a sweep, add --multirun';
  return faultAt(origin, 'OVERRIDE_SYNTAX', `"${key}" is given several values to sweep over`, { key, hint });
}
