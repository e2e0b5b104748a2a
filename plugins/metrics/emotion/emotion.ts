/** Words that name an emotion, as sources of whole-word patterns. Actions such as a smile are none. */
const lexicon: Readonly<Record<string, string>> = {
  happy: 'happ(?:y|ily|iness)|joy(?:ful|fully|ous)?|cheerful(?:ly)?|delight(?:ed)?|glad(?:ly)?',
  sad: 'sad(?:ly|ness|dened)?|sorrow(?:ful)?|grie(?:f|ving)|unhappy|depressed|melanchol(?:y|ic)',
  angry: 'ang(?:ry|rily|er)|furious(?:ly)?|rage|irritat(?:ed|ion)|annoy(?:ed|ance)',
  surprised: 'surpris(?:e|ed)|astonish(?:ed|ment)|amaze(?:d|ment)|shocked',
  fearful: 'fear(?:ful|fully)?|afraid|scared|frightened|terrified',
  disgusted: 'disgust(?:ed)?|repuls(?:ed|ion)',
  contemptuous: 'contempt(?:uous)?|scorn(?:ful)?|disdain(?:ful)?',
  neutral: 'neutral|calm(?:ly)?|expressionless',
};
const named = Object.entries(lexicon).map(([emotion, words]) => ({ emotion, pattern: new RegExp(`\\b(?:${words})\\b`, 'g') }));
/** Behind a negation, at most one word between, a name does not count: "not happy", "no longer sad". */
const negated = /(?:\b(?:not|no|never|without)|n['’]t)\s+(?:[a-z-]+\s+)?$/;

/** The class of a label: an emotion of the lexicon, or the label itself in lower case. */
export function emotionOfLabel(label: string): string {
  const text = label.trim().toLowerCase();
  return named.find(({ pattern }) => text.match(pattern)?.[0] === text)?.emotion ?? text;
}

/**
 * The emotion that a caption names: the one named most often, of several as often the first; negated names do not count. Null where none is.
 * `labels` are classes beyond the lexicon, each named by itself.
 */
export function emotionOfCaption(caption: string, labels: ReadonlySet<string> = new Set()): string | null {
  const text = caption.toLowerCase();
  const others = [...labels]
    .filter((label) => !Object.hasOwn(lexicon, label))
    .map((label) => ({
      emotion: label,
      pattern: new RegExp(`(?<![\\p{L}])${label.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')}(?![\\p{L}])`, 'gu'),
    }));
  let best: { emotion: string; count: number; first: number } | null = null;
  for (const { emotion, pattern } of [...named, ...others]) {
    const found = [...text.matchAll(pattern)].filter(({ index }) => !negated.test(text.slice(Math.max(0, index - 40), index)));
    const first = found[0]?.index;
    if (first === undefined) continue;
    if (!best || found.length > best.count || (found.length === best.count && first < best.first))
      best = { emotion, count: found.length, first };
  }
  return best && best.emotion;
}

/** Unweighted average recall, 0..1: the mean over the classes that occur of the share of their clips that are right. NaN without clips. */
export function unweightedRecall(classes: readonly string[], right: readonly boolean[]): number {
  const of = new Map<string, { clips: number; right: number }>();
  classes.forEach((one, i) => {
    const count = of.get(one) ?? { clips: 0, right: 0 };
    of.set(one, { clips: count.clips + 1, right: count.right + (right[i] ? 1 : 0) });
  });
  return [...of.values()].reduce((sum, count) => sum + count.right / count.clips, 0) / of.size;
}
