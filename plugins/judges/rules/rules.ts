import { createHash } from 'node:crypto';
import type { EventGrammar, Judge, Relation } from 'mienlab/contracts';
import { actionsIn, splitParts } from 'mienlab/text';
import { entries, follows } from './lexicon.js';
import { relateAll } from './lexicon-reading.js';
import { readText } from './read-text.js';
import { readStatement, statementText } from './statement.js';

/** That an action happens, and in which part of the clip where that is said. */
interface Statement {
  action: string;
  part: string | null;
}

const canonical = /^the person: (.+?)(?: \(([^()]*)\))?$/;

const digestOf = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 8);

/** A judge that knows nothing but the lexicon of facial actions of this folder; for free English captions. */
export class LexiconRules implements Judge {
  readonly id: string;

  constructor(
    version: string,
    private readonly maxEvents: number,
  ) {
    const words = entries.map(({ pattern, ...entry }) => [entry, pattern.source]);
    this.id = `rules ${version}, lexicon ${digestOf([words, follows])}`;
  }

  async events(caption: string): Promise<string[]> {
    const all = readText(caption).map(statementText);
    if (all.length <= this.maxEvents) return all;
    // Spread over the caption, so that its end counts as much as its beginning.
    return Array.from({ length: this.maxEvents }, (_, i) => all[Math.floor(((i + 0.5) * all.length) / this.maxEvents)]!);
  }

  async relations(events: readonly string[], caption: string): Promise<Relation[]> {
    const own = readStatement(caption);
    const said = own ? [own] : readText(caption);
    return events.map((event) => {
      const statement = readStatement(event);
      return statement ? relateAll([statement], said, false) : relateAll(readText(event), said, true);
    });
  }

  dispose(): void {}
}

/**
 * A judge that knows nothing but a dataset's event grammar. Its events read `the person: smile (beginning)`: an action and, where the
 * caption says it, the part; it reads such events and free sentences alike.
 */
export class GrammarRules implements Judge {
  readonly id: string;
  readonly #grammar: EventGrammar;
  readonly #maxEvents: number;

  constructor(grammar: EventGrammar, version: string, maxEvents: number) {
    this.#grammar = grammar;
    this.#maxEvents = maxEvents;
    this.id = `rules ${version}, grammar ${digestOf([grammar.parts, grammar.actions])}`;
  }

  async events(caption: string): Promise<string[]> {
    const events = this.#statements(caption).map(({ action, part }) => `the person: ${action}${part === null ? '' : ` (${part})`}`);
    return events.slice(0, this.#maxEvents);
  }

  async relations(events: readonly string[], caption: string): Promise<Relation[]> {
    const said = this.#statements(caption);
    return events.map((event) => {
      const relations = this.#statements(event).map((statement) => relation(statement, said));
      if (relations.includes('contradiction')) return 'contradiction';
      return relations.length && relations.every((one) => one === 'entailment') ? 'entailment' : 'neutral';
    });
  }

  dispose(): void {}

  /** In order. What a caption with parts says outside of them, such as who is shown, is no event. */
  #statements(text: string): Statement[] {
    const event = canonical.exec(text);
    if (event && this.#grammar.actions.some(({ name }) => name === event[1])) return [{ action: event[1]!, part: event[2] ?? null }];
    const parts = splitParts(text, this.#grammar);
    if (parts.every((part) => !part)) return actionsIn(text, this.#grammar).map((action) => ({ action, part: null }));
    return parts.flatMap((part, p) => actionsIn(part, this.#grammar).map((action) => ({ action, part: this.#grammar.parts[p]!.name })));
  }
}

/** Content before place: the same action anywhere entails, another one in the same part contradicts. Order is left to the metric. */
function relation({ action, part }: Statement, said: readonly Statement[]): Relation {
  if (said.some((other) => other.action === action)) return 'entailment';
  return part !== null && said.some((other) => other.part === part) ? 'contradiction' : 'neutral';
}
