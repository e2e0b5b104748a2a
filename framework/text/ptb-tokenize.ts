/** What pycocoevalcap drops after the tokenizer (its list is upper case, the tokens are not: `-lrb-` therefore stays). */
const dropped = new Set(["''", "'", '``', '`', '.', '?', '!', ',', ':', '-', '--', '...', ';']);

const rewritten = new Map(
  Object.entries({
    '(': '-lrb-',
    ')': '-rrb-',
    '[': '-lsb-',
    ']': '-rsb-',
    '{': '-lcb-',
    '}': '-rcb-',
    '½': '1/2',
    '¼': '1/4',
    '¾': '3/4',
    '⅓': '1/3',
    '⅔': '2/3',
    '€': '$',
    '\u0080': '$',
    '¤': '$',
    '₠': '$',
    '£': '#',
    '¢': 'cents',
    '…': '...',
    '&lt;': '<',
    '&gt;': '>',
    '&quot;': "''",
    '&apos;': "'",
  }),
);
for (const quote of '"“”„«»') if (quote !== '„') rewritten.set(quote, "''");
for (const quote of '‘’‛‹›\u0091\u0092') rewritten.set(quote, "'");
for (const dash of '–—―\u0096\u0097') rewritten.set(dash, '--');

/** Words that are cut in two, by where. */
const halved = new Map(Object.entries({ cannot: 3, gonna: 3, gotta: 3, wanna: 3, gimme: 3, lemme: 3, "'tis": 2, "'twas": 2, "more'n": 4 }));

const apostrophe = "['’‘\u0092]";
const letter = '[\\p{L}\\p{M}]';
const alnum = '[\\p{L}\\p{M}\\p{Nd}]';
const wordEnd = `(?!${alnum})`;
/** Abbreviations that keep their period in any case; before a number; with a capital only. */
const abbreviations =
  'adj|adm|adv|ala|al|apr|ariz|assn|assoc|asst|atty|aug|ave|blvd|bldg|brig|bros|calif|capt|cf|cmdr|colo|col|conn|corp|cos|co|cpl|dec|dept|drs|dr|' +
  'esq|est|etc|ext|feb|fla|fri|ft|gen|ga|gov|hon|inc|ind|insp|intl|jan|jr|jul|jun|kan|ky|lieut|ltd|lt|maj|mar|messrs|md|mfg|mich|minn|mlle|mme|' +
  'mon|mo|mrs|mr|ms|mt|natl|nebr?|nev|nov|oct|okla|penn|pfc|ph|plc|ph\\.d|pres|profs?|pvt|rd|rep|rev|sen|sept?|seq|sgt|sq|sr|st|supt|tel|tenn|thurs|thu|' +
  'treas|tues?|univ|va|vs|v|vt|wed|wis|wyo';
const numberedAbbreviations = 'art|ca|figs?|nos?|op|pp';
const capitalAbbreviations = 'Ark|Del|Ill|La|Mass|Miss|Ore|Pa|Tex|Wash';
/** A lone letter before one of these ends a sentence and is no initial. */
const sentenceStarts = 'A|After|An|As|At|But|He|Her|In|It|One|She|Some|That|The|Their|Then|There|These|They|This|We|When|While|You';

/** Either case of ASCII letters in a source without back references or escapes. */
const anyCase = (source: string) => source.replace(/[a-z]/g, (c) => `[${c}${c.toUpperCase()}]`);

/** One token at the current place, the first alternative that fits; a group's name is the treatment where there is one. */
const token = new RegExp(
  [
    // markup, addresses, tags
    '<(?:\\/?[A-Za-z][\\w:.-]*(?: [^<>]*)?\\/?|!--.{0,1000}?--|\\?[^<>]*\\?)>',
    'https?:\\/\\/[^\\s"<>|(){}]+[^\\s"<>|.!?(){},-]',
    'www\\.[^\\s"<>|.!?(){},]+(?:\\.[^\\s"<>|.!?(){},]+)*',
    '[A-Za-z\\d][^\\s"<>|()]{0,100}?@(?:[^\\s"<>|().@]+\\.)*[^\\s"<>|().@]+',
    `[@#]${letter}+`,
    '(?<ampersand>&[aA][mM][pP];)|&(?:lt|gt|quot|apos|#\\d+);|(?<space>&nbsp;)|(?<dash>&[mn]dash;)',
    // clitics, and words that stand before n't
    `(?<clitic>${apostrophe}(?:${anyCase('s|m|d|ll|re|ve')})${wordEnd})`,
    `(?<negation>${anyCase('n')}${apostrophe}${anyCase('t')}${wordEnd})`,
    `${anyCase('n')}${apostrophe}${anyCase('t')}${letter}+`,
    `${letter}+(?=${anyCase('n')}${apostrophe}${anyCase('t')}${wordEnd})`,
    `(?<halved>(?:${anyCase("cannot|gonna|gotta|wanna|gimme|lemme|'tis|'twas|more'n")})${wordEnd})`,
    "['’][nN]['’]",
    `['’](?:${anyCase('em|til|till|cause|n')}${wordEnd}|\\d0s${wordEnd}|\\d\\d(?=\\s|$))`,
    `${letter}+(?=${anyCase('n')}${apostrophe}${anyCase('t')}${letter})`,
    // telephone numbers, numbers
    '(?<phone>(?:\\(\\d{2,3}\\)[ \u00a0]?|(?:\\+{1,2})?(?:\\d{2,4}[- \u00a0])?\\d{2,4}[- \u00a0])\\d{3,4}[- \u00a0]?\\d{3,5}(?!\\d))',
    '(?<fraction>\\d{1,4}[- ]\\d{1,4}\\/\\d{1,4}(?![\\d\\/]))',
    `\\d+(?:[.,:]\\d+)+(?:-${alnum}+)*`,
    `\\d+(?=[.!?]${letter})`,
    '[-+]?[.,:]\\d+(?:[.,:]\\d+)*',
    '[-+]\\d+(?:[.,:]\\d+)*',
    // abbreviations and initials
    `(?:${anyCase(abbreviations)}|${capitalAbbreviations})\\.(?!${letter})`,
    `(?:${anyCase(numberedAbbreviations)})\\.(?= ?\\d)`,
    `[A-Za-z](?:\\.[A-Za-z])+\\.?(?:-${alnum}+)*(?!${alnum}|\\.${letter})`,
    `[A-Za-z]\\.(?!\\.|${alnum}|\\s+(?:${sentenceStarts})${wordEnd})`,
    '[A-Z]+(?:(?:&(?:amp;)?|\\+)[A-Z]+)+',
    '[A-Z]{1,3}\\$',
    "[yY]['’](?=[aA]ll)",
    // words: d'Angelo, o'clock, grey-haired, and/or, one.Sentence
    `(?:[dDoOlL]['’])?(?:[mM]a['’]am|[cC]['’]mon|[oO]['’]er|[eE]['’]er|[nN]e['’]er|(?:${letter}${alnum}*(?:[.!?]${letter}${alnum}*)*|${alnum}+)(?:_${alnum}+)*)(?:[-‐‑]${alnum}+(?:['’]er)?)*` +
      `(?:\\/${alnum}+(?:-${alnum}+)*){0,2}`,
    `${alnum}+`,
    // runs that stay in one piece
    "(?<ellipsis>\\.{3,}|…)|[?!]{2,}|\\*+|#+|_+|<<|>>|>_<|\\^_\\^|(?<smiley>[:;=][-o*']?[()DPdpO\\\\{@|[\\]](?![A-Za-z\\d]))",
    '(?<dashes>-{2,})|[½¼¾⅓⅔]',
    // single characters that are known; what is left is passed over
    '[\\x21-\\x7e¡¢-©¬®-¸»¿×÷€£¥–—―‖‗“”‘’‚„-‣…‰-›※‾⁀-⁂⁄⁺-₎₠₤€℀-⅏←-⒵⓪-⯿、。〒・！-･￠￡￥￦\\u0091-\\u0097\\u0080]',
  ].join('|'),
  'gu',
);

const ignored = /\u00ad/g;
const lineEnds = /[\n\r\v\f\u0085\u2028\u2029]/g;
/** Variation selectors, the enclosing key cap and all beyond the basic plane: the tokenizer knows none of them. */
const unknown = /[\ufe00-\ufe0f\u20e3\u{10000}-\u{10ffff}]/gu;

/**
 * The tokens of a caption, lower-cased, without most punctuation: near to pycocoevalcap's PTBTokenizer (Stanford CoreNLP 3.4.1,
 * `-preserveLines -lowerCase`, then its list of punctuation dropped), not yet equal to it. Where that one lets `\r`, `\v`, `\f`,
 * U+2028 or U+2029 end a caption and shifts all later ones, they are spaces here. Never throws.
 */
export function ptbTokenize(caption: string): string[] {
  const text = caption.replace(ignored, '').replace(lineEnds, ' ').replace(unknown, ' ');
  const tokens: string[] = [];
  for (let at = 0; at < text.length;) {
    while (text.charCodeAt(at) === space) at++;
    const end = plainWordEnd(text, at);
    if (end > at) {
      const word = text.slice(at, end).toLowerCase();
      if (!halved.has(word)) {
        tokens.push(word);
        at = end;
        continue;
      }
    }
    token.lastIndex = at;
    const match = token.exec(text);
    if (!match) break;
    for (const piece of rewrite(match[0], match.groups!)) if (!dropped.has(piece)) tokens.push(piece.toLowerCase());
    at = token.lastIndex;
  }
  return tokens;
}

const [space, comma, hyphen] = [0x20, 0x2c, 0x2d];

/**
 * The end of a word of ASCII letters, hyphens between them, before a space, the end of the text or a comma before these: most words, found without the long
 * list above. `at` where there is none.
 */
function plainWordEnd(text: string, at: number): number {
  let end = at;
  for (; end < text.length; end++) {
    const c = text.charCodeAt(end);
    const letter = c | 0x20;
    if (letter >= 0x61 && letter <= 0x7a) continue;
    if (c === space || (c === comma && (end + 1 === text.length || text.charCodeAt(end + 1) === space)))
      return text.charCodeAt(end - 1) === hyphen ? at : end;
    // Two hyphens are a dash, and one that no letter stands before is no part of a word.
    if (c !== hyphen || end === at || text.charCodeAt(end - 1) === hyphen) return at;
  }
  return text.charCodeAt(end - 1) === hyphen ? at : end;
}

function rewrite(found: string, groups: Record<string, string | undefined>): string[] {
  if (groups['ampersand']) return ['&'];
  if (groups['space'] || groups['dash'] || groups['dashes'] || groups['ellipsis']) return [];
  if (groups['clitic'] || groups['negation']) return [found.replace(/['’‘\u0092]/, "'")];
  if (groups['halved']) {
    const at = halved.get(found.toLowerCase())!;
    return [found.slice(0, at), found.slice(at)];
  }
  // The tokenizer keeps these in one token, with a no-break space.
  if (groups['phone']) return [found.replace(/ /g, '\u00a0').replace('(', '-lrb-').replace(')', '-rrb-')];
  if (groups['fraction'] || found.startsWith('<')) return [found.replace(/\s/g, '\u00a0')];
  if (groups['smiley']) return [found.replace('(', '-lrb-').replace(')', '-rrb-')];
  return [rewritten.get(found) ?? found.replaceAll('&amp;', '&')];
}
