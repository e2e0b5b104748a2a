import { randomBytes } from 'node:crypto';

const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A ULID (github.com/ulid/spec): 10 digits of time in ms, 16 random ones, in Crockford's base 32. Not deterministic. */
export function ulid(time: number): string {
  let head = '';
  for (let rest = time, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) head = digits[rest % 32]! + head;
  return head + Array.from(randomBytes(16), (byte) => digits[byte % 32]!).join('');
}
