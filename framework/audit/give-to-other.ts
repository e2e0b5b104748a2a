/** After `her` as an object, where no noun follows. */
const afterObject = /^\s*(?:[.,;!?]|$|(?:to|with|in|at|from|and|as|by|on|while|then|again)\b)/i;

/**
 * Says of "the other person" what is said of him or her: `he` becomes `the other person`, `his` becomes `their`, or `the other person's` where the
 * sentence has no subject yet. Null where there is no such pronoun.
 */
export function giveToOther(what: string): string | null {
  let named = false;
  let count = 0;
  const given = what.replace(/\b(?:s?he|his|her|him|himself|herself)\b/gi, (found, offset: number) => {
    count++;
    const capital = /^[A-Z]/.test(found);
    const as = (text: string) => (capital ? text[0]!.toUpperCase() + text.slice(1) : text);
    const pronoun = found.toLowerCase();
    const object = pronoun === 'him' || (pronoun === 'her' && afterObject.test(what.slice(offset + found.length)));
    if (pronoun.endsWith('self')) return as('themselves');
    if (object) return as('them');
    if (pronoun.endsWith('he')) {
      named = true;
      return as('the other person');
    }
    if (named) return as('their');
    named = true;
    return as("the other person's");
  });
  return count ? given : null;
}
