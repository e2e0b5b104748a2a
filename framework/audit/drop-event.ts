import type { Random } from '../contracts/index.js';
import { type CaptionParts, joinParts } from './caption-parts.js';

/** Fewer words are an adverb or the like, no event. */
const leastWords = 3;

/** A clause that can go: [timed part, sentence in it, clause in that]. */
type Place = readonly [part: number, sentence: number, clause: number];

/**
 * Leaves one event out: a clause between commas that is not the first of its sentence, since the first one carries the subject; null where no
 * sentence has a second clause of three words or more.
 */
export function dropEvent(parts: CaptionParts, random: Random): string | null {
  const sentences = parts.timed.map(({ what }) => what.split(/(?<=[.!?])(?=\s)/).map((sentence) => sentence.split(/,(?=\s)/)));
  const places = sentences.flatMap((inPart, p) =>
    inPart.flatMap((clauses, s) =>
      clauses.flatMap((clause, c): Place[] => (c > 0 && clause.trim().split(/\s+/).length >= leastWords ? [[p, s, c]] : [])),
    ),
  );
  if (places.length === 0) return null;
  const [part, sentence, clause] = places[random.integer(places.length)]!;
  const clauses = sentences[part]![sentence]!;
  const end = clause === clauses.length - 1 ? (/[.!?]+$/.exec(clauses[clause]!)?.[0] ?? '') : '';
  sentences[part]![sentence] = clauses.filter((_, c) => c !== clause);
  const whole = (inPart: string[][], p: number) =>
    inPart.map((left, s) => left.join(',') + (p === part && s === sentence ? end : '')).join('');
  return joinParts({ ...parts, timed: parts.timed.map((one, p) => ({ ...one, what: whole(sentences[p]!, p) })) });
}
