import type { Relation } from 'mienlab/contracts';
import { areOpposite, follows } from './lexicon.js';
import type { Direction, Statement, Who } from './statement.js';

const fits = (a: string | null, b: string | null) => a === null || b === null || a === b;
const samePerson = (a: Who, b: Who) => fits(a.gender, b.gender) && fits(a.age, b.age) && fits(a.place, b.place);

const against: Readonly<Record<Direction, readonly Direction[]>> = {
  left: ['right'],
  right: ['left'],
  up: ['down'],
  down: ['up'],
  front: [],
};

const agrees = (event: Statement, one: Statement) => event.directions.every((way) => one.directions.includes(way));
const clashes = (event: Statement, one: Statement) =>
  event.directions.some((way) => one.directions.some((other) => against[way].includes(other)));

/** Whether one statement says what an event says, whoever it is about. */
function says(event: Statement, one: Statement): boolean {
  if (event.negated !== one.negated) return false;
  if (event.action === one.action) return agrees(event, one);
  return !event.negated && (follows[one.action]?.includes(event.action) ?? false);
}

/** Whether both cannot be true of one moment. */
function denies(event: Statement, one: Statement): boolean {
  if (event.action === one.action) {
    if (event.negated !== one.negated) return agrees(event, one) || agrees(one, event);
    return !event.negated && clashes(event, one);
  }
  return !event.negated && !one.negated && areOpposite(event.action, one.action);
}

/**
 * How one event stands to what a caption says. `strict`: the event names its part as a sentence does, so another part is another event;
 * else content comes before place, and order is left to the metric.
 */
function relate(event: Statement, caption: readonly Statement[], strict: boolean): { relation: Relation; at: number } {
  const own = caption.map((one, at) => ({ one, at })).filter(({ one }) => samePerson(event.who, one.who));
  const here = ({ one }: { one: Statement }) => fits(event.part, one.part);
  const match = own.find((entry) => says(event, entry.one) && (!strict || here(entry)));
  if (match) return { relation: 'entailment', at: match.at };
  // Where the caption does both, at other moments, the event is not denied.
  if (own.some((entry) => here(entry) && denies(event, entry.one))) return { relation: 'contradiction', at: -1 };
  if (own.some(({ one }) => says(event, one))) return { relation: 'contradiction', at: -1 };
  const other = caption.some((one) => !samePerson(event.who, one.who) && says(event, one));
  return { relation: other ? 'contradiction' : 'neutral', at: -1 };
}

/** How a sentence of several events stands to a caption: all entailed, and in their order. */
export function relateAll(events: readonly Statement[], caption: readonly Statement[], strict: boolean): Relation {
  if (events.length === 0) return 'neutral';
  const relations = events.map((event) => relate(event, caption, strict));
  if (relations.some(({ relation }) => relation === 'contradiction')) return 'contradiction';
  if (relations.some(({ relation }) => relation === 'neutral')) return 'neutral';
  let from = 0;
  for (const event of events) {
    const at = caption.findIndex((one, index) => index >= from && samePerson(event.who, one.who) && says(event, one));
    if (at < 0) return 'contradiction';
    from = at + 1;
  }
  return 'entailment';
}
