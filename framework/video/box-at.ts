import type { Box } from '../contracts/index.js';
import { boxBetween } from './box.js';

/**
 * The true box at a time: between two annotated frames with a box in proportion, else that of the nearer frame; before the first and after
 * the last that of the end. null where nobody is to be seen.
 * @param times seconds, ascending, as many as `boxes`
 */
export function boxAt(time: number, times: readonly number[], boxes: readonly (Box | null)[]): Box | null {
  let after = times.findIndex((annotated) => annotated >= time);
  if (after < 0) after = times.length - 1;
  const before = times[after]! <= time ? after : Math.max(0, after - 1);
  const [first, second] = [boxes[before] ?? null, boxes[after] ?? null];
  if (before === after) return first;
  const share = (time - times[before]!) / (times[after]! - times[before]!);
  if (first && second) return boxBetween(first, second, share);
  return share < 0.5 ? first : second;
}
