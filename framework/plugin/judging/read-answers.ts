import type { Relation } from '../../contracts/index.js';
import { readJsonAnswer } from './read-json-answer.js';

/** What was read of an answer, or what is wrong with it in words that the model may be told. */
export type Reading<Value> = { value: Value } | { complaint: string };

const relationNames: readonly string[] = ['entailment', 'neutral', 'contradiction'] satisfies Relation[];

const listed = (text: string, key: string): Reading<unknown[]> => {
  const list = readJsonAnswer(text)?.[key];
  return Array.isArray(list) ? { value: list } : { complaint: `it is no JSON object with a list "${key}"` };
};

/** Events as trimmed sentences, at most `max` of them. */
export function readEvents(text: string, max: number): Reading<string[]> {
  const list = listed(text, 'events');
  if ('complaint' in list) return list;
  if (!list.value.every((event) => typeof event === 'string')) return { complaint: 'not every event is a string' };
  const events = list.value.map((event) => event.replace(/\s+/g, ' ').trim()).filter(Boolean);
  return { value: events.slice(0, max) };
}

/** `count` relations in the order of their events; entries that name their events may come in any order. */
export function readRelations(text: string, count: number): Reading<Relation[]> {
  const list = listed(text, 'relations');
  if ('complaint' in list) return list;
  if (list.value.length !== count) return { complaint: `it has ${list.value.length} relations for ${count} events` };
  const entries = list.value.map((entry) => (entry ?? {}) as { event?: unknown; relation?: unknown });
  const relations = entries.map(({ relation }) => (typeof relation === 'string' ? relation.trim().toLowerCase() : String(relation)));
  const unknown = relations.find((relation) => !relationNames.includes(relation));
  if (unknown !== undefined) return { complaint: `"${unknown.slice(0, 40)}" is none of ${relationNames.join(', ')}` };
  const places = entries.map(({ event }) => Number(event) - 1);
  const numbered = new Set(places).size === count && places.every((place) => Number.isInteger(place) && place >= 0 && place < count);
  const ordered = new Array<Relation>(count);
  relations.forEach((relation, i) => (ordered[numbered ? places[i]! : i] = relation as Relation));
  return { value: ordered };
}

/** A number 0..5, as number or as text. */
export function readRating(text: string): Reading<number> {
  const raw = readJsonAnswer(text)?.['score'];
  const score = typeof raw === 'string' && raw.trim() ? Number(raw) : raw;
  if (typeof score !== 'number' || !Number.isFinite(score)) return { complaint: 'it is no JSON object with a number "score"' };
  return score >= 0 && score <= 5 ? { value: score } : { complaint: `the score ${score} is not within 0..5` };
}
