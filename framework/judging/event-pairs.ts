import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Relation } from '../contracts/index.js';
import { packageRoot } from '../paths.js';

export interface EventPair {
  caption: string;
  event: string;
  relation: Relation;
  /** What the event was made by, such as `side`: see `about` in event-pairs.json. */
  sort: string;
}

/** The labelled pairs that mienlab ships: version, and the pairs of every caption together. */
export function readEventPairs(): { version: string; captions: EventPair[][] } {
  const file = JSON.parse(readFileSync(join(packageRoot, 'framework', 'judging', 'event-pairs.json'), 'utf8')) as {
    version: string;
    captions: { caption: string; events: [Relation, string, string][] }[];
  };
  const captions = file.captions.map(({ caption, events }) =>
    events.map(([relation, sort, event]): EventPair => ({ caption, event, relation, sort })),
  );
  return { version: file.version, captions };
}
