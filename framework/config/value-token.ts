import { Float, integer, type Scalar } from './scalar.js';

const digits = '[0-9](?:_?[0-9])*';
const unsigned = '(?:0|[1-9](?:_?[0-9])*)';
const point = `(?:${unsigned}?\\.${digits}|${unsigned}\\.)`;
const exponent = `(?:${point}|${unsigned})[eE][+-]?${digits}`;

/**
 * The tokens that the values of overrides (Hydra) and of resolver arguments (OmegaConf) have in common, in the order of their grammars:
 * the longest match counts, among equally long ones the first.
 */
const commonTokens = {
  float: `[+-]?(?:${exponent}|${point}|[iI][nN][fF]|[nN][aA][nN])`,
  int: `[+-]?${unsigned}`,
  bool: '[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]',
  null: '[nN][uU][lL][lL]',
  char: '[/\\-\\\\+.$%*@?|]',
  id: '[a-zA-Z_][a-zA-Z0-9_-]*',
  esc: '(?:\\\\[\\\\()\\[\\]{}:=, \\t])+',
  space: '[ \\t]+',
};

type CommonTokenType = keyof typeof commonTokens;

export interface Token<Type extends string = string> {
  type: Type | CommonTokenType;
  text: string;
  start: number;
  end: number;
}

/** A reader of tokens: `extra` types come first, as the grammars list their punctuation first. */
export function tokenReader<Type extends string>(before: Record<string, string>, after: Record<string, string> = {}) {
  const rules = Object.entries({ ...before, ...commonTokens, ...after }).map(([type, source]) => [type, new RegExp(source, 'y')] as const);
  /** The token at an offset, or undefined where none fits. */
  return (text: string, start: number): Token<Type> | undefined => {
    let best: Token<Type> | undefined;
    for (const [type, rule] of rules) {
      rule.lastIndex = start;
      const match = rule.exec(text);
      if (match && match[0].length > (best?.text.length ?? 0)) {
        best = { type: type as Type, text: match[0], start, end: start + match[0].length };
      }
    }
    return best;
  };
}

/** The value of one single common token. */
export function tokenValue(token: Token): Scalar {
  const { type, text } = token;
  if (type === 'int') return integer(BigInt(text.replace(/[_+]/g, '')));
  if (type === 'float') return new Float(floatOf(text));
  if (type === 'bool') return text.toLowerCase() === 'true';
  if (type === 'null') return null;
  return type === 'esc' ? unescape(text) : text;
}

/** Takes the backslash off every escaped character of an `esc` token. */
export function unescape(text: string): string {
  return text.replace(/\\([^])/g, '$1');
}

/** Reads a float as Python's float() does: underscores between digits, inf and nan in any case. NaN also where it is none. */
export function floatOf(text: string): number {
  const plain = text.trim().toLowerCase();
  const special = /^([+-]?)(inf|infinity|nan)$/.exec(plain);
  if (special) return special[2] === 'nan' ? NaN : special[1] === '-' ? -Infinity : Infinity;
  return Number(plain.replace(/(?<=\d)_(?=\d)/g, ''));
}
