import { Fault, nearest } from '../faults/index.js';
import { type ConfigNode, isMissing, keysOf, type MapNode, mapNode, nodeText } from './config-node.js';
import { parseElement } from './interpolation-grammar.js';
import { parseYaml } from './parse-yaml.js';
import type { Located, Resolution, Scope } from './resolve-interpolation.js';

/** Gives a new node, or one that stands in the tree. */
type Resolver = (args: ConfigNode[], scope: Scope, resolution: Resolution) => ConfigNode | Located;

function counted(name: string, least: number, most: number, resolver: Resolver): Resolver {
  return (args, scope, resolution) => {
    if (args.length < least || args.length > most) {
      const expected = least === most ? `${least}` : `${least} to ${most}`;
      throw resolution.fault(scope, `${name} was given ${args.length} arguments`, { expected });
    }
    return resolver(args, scope, resolution);
  };
}

function text(node: ConfigNode | undefined, what: string, scope: Scope, resolution: Resolution): string {
  if (node?.kind === 'scalar' && typeof node.value === 'string') return node.value;
  throw resolution.fault(scope, `${what} must be a string, not ${node ? nodeText(node) : 'nothing'}`);
}

const scalar = (value: string | null): ConfigNode => ({ kind: 'scalar', value, origin: undefined });

function env(args: ConfigNode[], scope: Scope, resolution: Resolution): ConfigNode {
  const name = text(args[0], 'the name of an environment variable', scope, resolution);
  const value = resolution.env[name];
  if (value !== undefined) return scalar(value);
  const fallback = args[1];
  if (fallback) return scalar(fallback.kind === 'scalar' && fallback.value === null ? null : nodeText(fallback));
  const hint = `set it, or give a default: \${oc.env:${name},DEFAULT}`;
  throw resolution.fault(scope, `the environment variable ${name} is not set`, {
    nearest: nearest(name, Object.keys(resolution.env)),
    hint,
  });
}

function decode(args: ConfigNode[], scope: Scope, resolution: Resolution): ConfigNode {
  if (args[0]?.kind === 'scalar' && args[0].value === null) return args[0];
  const source = text(args[0], 'what oc.decode reads', scope, resolution);
  try {
    return resolution.element(parseElement(source), scope);
  } catch (error) {
    if (error instanceof Fault && !error.details.where)
      throw resolution.fault(scope, `oc.decode cannot read ${JSON.stringify(source)}`, { expected: error.details.expected });
    throw error;
  }
}

function select(args: ConfigNode[], scope: Scope, resolution: Resolution): ConfigNode | Located {
  const found = resolution.select(text(args[0], 'a key', scope, resolution), scope.container);
  const target = found && resolution.dereference(found);
  return target && !isMissing(target.node) ? target : (args[1] ?? scalar(null));
}

function create(args: ConfigNode[], scope: Scope, resolution: Resolution): ConfigNode {
  const [node] = args;
  if (node?.kind !== 'scalar') return node!;
  if (node.value === null) return node;
  const source = text(node, 'what oc.create makes a config of', scope, resolution);
  const parsed = parseYaml({ source: 'oc.create', text: source });
  if (parsed.kind !== 'scalar') return parsed;
  // OmegaConf takes a text that is no map and no list for a key without value.
  const map = mapNode();
  if (typeof parsed.value === 'string') map.entries.set(parsed.value, scalar(null));
  else if (parsed.value !== null) throw resolution.fault(scope, `oc.create cannot make a config of ${source}`);
  return map;
}

function mapUnder(args: ConfigNode[], name: string, scope: Scope, resolution: Resolution): { map: MapNode; path: readonly string[] } {
  const key = text(args[0], 'a key', scope, resolution);
  const found = resolution.select(key, scope.container);
  const target = found && resolution.dereference(found);
  if (target?.node.kind === 'map') return { map: target.node, path: target.path };
  const known = keysOf(resolution.root);
  throw resolution.fault(
    scope,
    target ? `${name}: "${key}" is not a map` : `${name}: there is no "${key}"`,
    target ? {} : { nearest: nearest(key, known), known },
  );
}

function dictKeys(args: ConfigNode[], scope: Scope, resolution: Resolution): ConfigNode {
  const { map } = mapUnder(args, 'oc.dict.keys', scope, resolution);
  return { kind: 'list', items: [...map.entries.keys()].map(scalar), origin: undefined };
}

function dictValues(args: ConfigNode[], scope: Scope, resolution: Resolution): ConfigNode {
  const { map, path } = mapUnder(args, 'oc.dict.values', scope, resolution);
  const items = [...map.entries].map(([key, node]) => resolution.resolved({ node, path: [...path, key] }));
  return { kind: 'list', items, origin: undefined };
}

function deprecated(args: ConfigNode[], scope: Scope, resolution: Resolution): Located {
  const key = text(args[0], 'a key', scope, resolution);
  const message = args[1]
    ? text(args[1], 'the message', scope, resolution)
    : "'$OLD_KEY' is deprecated. Change your config to use '$NEW_KEY'";
  const found = resolution.select(key, scope.container);
  if (!found) {
    const known = keysOf(resolution.root);
    throw resolution.fault(scope, `oc.deprecated: there is no "${key}"`, { nearest: nearest(key, known), known });
  }
  const old = scope.path.join('.');
  const warning = message.replaceAll('$OLD_KEY', old).replaceAll('$NEW_KEY', found.path.join('.'));
  if (!resolution.warnings.includes(warning)) resolution.warnings.push(warning);
  return resolution.dereference(found);
}

/** OmegaConf's own resolvers by name. */
export const ocResolvers: Record<string, Resolver> = {
  'oc.env': counted('oc.env', 1, 2, env),
  'oc.decode': counted('oc.decode', 1, 1, decode),
  'oc.select': counted('oc.select', 1, 2, select),
  'oc.create': counted('oc.create', 1, 1, create),
  'oc.dict.keys': counted('oc.dict.keys', 1, 1, dictKeys),
  'oc.dict.values': counted('oc.dict.values', 1, 1, dictValues),
  'oc.deprecated': counted('oc.deprecated', 1, 2, deprecated),
};
