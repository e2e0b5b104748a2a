/** A floating-point number. Integers are plain numbers (bigint beyond 2^53), so that 2.0 stays 2.0 in texts, as it does in Hydra. */
export class Float {
  constructor(readonly value: number) {}
}

/** What stands at a leaf: number is an integer, Float a floating-point number. */
export type Scalar = null | boolean | string | number | bigint | Float;

/** An integer as number where it fits exactly, else as bigint. */
export function integer(value: bigint): number | bigint {
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

/** A float as Python's repr() writes it: shortest digits, exponent below 1e-4 and from 1e16 on. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const negative = value < 0 || Object.is(value, -0);
  const [mantissa, exponentText] = Math.abs(value).toExponential().split('e') as [string, string];
  const digits = mantissa.replace('.', '');
  const exponent = Number(exponentText);
  let text: string;
  if (exponent < -4 || exponent >= 16) {
    const power = String(Math.abs(exponent)).padStart(2, '0');
    text = `${digits[0]}${digits.length > 1 ? `.${digits.slice(1)}` : ''}e${exponent < 0 ? '-' : '+'}${power}`;
  } else if (exponent < 0) {
    text = `0.${'0'.repeat(-exponent - 1)}${digits}`;
  } else {
    const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
    text = `${whole}.${digits.slice(exponent + 1) || '0'}`;
  }
  return negative ? `-${text}` : text;
}

/** A scalar within a string, as Python's str() writes it: None, True, 1.0, 1e-05. */
export function scalarText(value: Scalar): string {
  if (value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  return value instanceof Float ? floatText(value.value) : String(value);
}

/** Python's repr() of a scalar: as scalarText, but strings stand in quotes. */
export function scalarRepr(value: Scalar): string {
  if (typeof value !== 'string') return scalarText(value);
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const escaped = value.replace(
    /[\\\n\r\t]|'/g,
    (c) => ({ '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' })[c] ?? (quote === "'" ? "\\'" : c),
  );
  return `${quote}${escaped}${quote}`;
}

/** Equality as Python has it between scalars: 1 == 1.0 == True. */
export function scalarsEqual(a: Scalar, b: Scalar): boolean {
  const number = (value: Scalar): Scalar => (value instanceof Float ? value.value : typeof value === 'boolean' ? Number(value) : value);
  const [x, y] = [number(a), number(b)];
  return typeof x === 'bigint' || typeof y === 'bigint'
    ? x === y || (typeof x === 'number' && typeof y === 'bigint' && BigInt(Math.trunc(x)) === y)
    : x === y;
}
