import type { ConfigNode } from './config-node.js';
import { faultAt } from './fault-at.js';
import { Float } from './scalar.js';

/** What JSON has, and the numbers that it lacks. */
export type PlainValue = null | boolean | number | string | PlainValue[] | { [key: string]: PlainValue };

/** A tree as plain values. Throws a Fault CONFIG_VALUE for an integer beyond 2^53, which no number holds exactly. */
export function plainValue(node: ConfigNode): PlainValue {
  if (node.kind === 'list') return node.items.map(plainValue);
  if (node.kind === 'map') {
    // Defined, not assigned: a key may be called __proto__.
    const plain: { [key: string]: PlainValue } = {};
    for (const [key, child] of node.entries)
      Object.defineProperty(plain, key, { value: plainValue(child), enumerable: true, writable: true, configurable: true });
    return plain;
  }
  const { value } = node;
  if (typeof value === 'bigint')
    throw faultAt(node.origin, 'CONFIG_VALUE', `the integer ${value} does not fit a number exactly`, {
      expected: 'at most 2^53 - 1',
      hint: 'put it in quotes if it is meant as text',
    });
  return value instanceof Float ? value.value : value;
}
