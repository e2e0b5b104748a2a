import { Float, integer, type Scalar } from './scalar.js';

const words: Record<string, boolean | null> = { '': null, '~': null };
for (const [value, names] of [
  [null, ['null']],
  [true, ['yes', 'true', 'on']],
  [false, ['no', 'false', 'off']],
] as const) {
  for (const name of names) {
    for (const form of [name, name[0]!.toUpperCase() + name.slice(1), name.toUpperCase()]) words[form] = value;
  }
}

const float = new RegExp(
  [
    '[-+]?[0-9][0-9_]*\\.[0-9_]*(?:[eE][-+]?[0-9]+)?',
    '[-+]?[0-9]+(?:_[0-9]+)*[eE][-+]?[0-9]+',
    '\\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?',
    '[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\\.[0-9_]*',
    '[-+]?\\.(?:inf|Inf|INF)',
    '\\.(?:nan|NaN|NAN)',
  ]
    .map((form) => `^(?:${form})$`)
    .join('|'),
);
const int = /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;

function sexagesimal(text: string): number {
  return text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}

function readFloat(text: string): Float {
  const plain = text.replaceAll('_', '').toLowerCase();
  const sign = plain[0] === '-' ? -1 : 1;
  const body = plain.replace(/^[-+]/, '');
  if (body === '.inf') return new Float(sign * Infinity);
  if (body === '.nan') return new Float(NaN);
  return new Float(sign * (body.includes(':') ? sexagesimal(body) : Number(body)));
}

function readInt(text: string): number | bigint | undefined {
  const plain = text.replaceAll('_', '');
  const body = plain.replace(/^[-+]/, '');
  const digits = body.includes(':') ? String(sexagesimal(body)) : /^0[0-7]/.test(body) ? `0o${body.slice(1)}` : body;
  if (/^0[bx]$/.test(digits)) return undefined;
  const value = BigInt(digits);
  return integer(plain[0] === '-' ? -value : value);
}

/**
 * The value of a plain (unquoted) YAML scalar as OmegaConf 2.3's loader has it: YAML 1.1 as PyYAML resolves it (yes/no/on/off, octal 017,
 * 0x10, sexagesimal 1:30), floats also as 1e-1, time stamps stay strings.
 */
export function plainScalar(text: string): Scalar {
  const word = Object.hasOwn(words, text) ? words[text] : undefined;
  if (word !== undefined) return word;
  if (!/^[-+.0-9]/.test(text)) return text;
  if (float.test(text)) return readFloat(text);
  return (int.test(text) ? readInt(text) : undefined) ?? text;
}
