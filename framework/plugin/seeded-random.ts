import type { Random } from '../contracts/index.js';

/** FNV-1a over UTF-16 units, 32 bits: turns names into seeds. */
function hash(text: string, seed: number): number {
  let value = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value;
}

/** A deterministic source of randomness (mulberry32: 32 bits of state, period 2^32). The same seed gives the same numbers everywhere. */
export function seededRandom(seed: number): Random {
  const origin = seed >>> 0;
  let state = origin;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    integer: (n) => Math.floor(next() * n),
    // Box-Muller; 1 - u keeps the logarithm finite.
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    // From the seed and not from the state, so that the order of forks and draws does not matter.
    fork: (name) => seededRandom(hash(name, origin)),
  };
}
