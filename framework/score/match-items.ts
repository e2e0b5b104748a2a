import type { Clip } from '../contracts/index.js';
import { Fault, FaultList, nearest } from '../faults/index.js';
import type { CaptionEntry } from '../text/index.js';

/** Something that was done with one item, and that a reader of the scores must know. */
export interface ItemNote {
  id: string;
  what: string;
}

export interface MatchedItems {
  clips: Clip[];
  /** By system, one caption per clip. */
  predictions: string[][];
  /** Of every clip the reference's fields, such as its video. */
  fields: Readonly<Record<string, unknown>>[];
  notes: ItemNote[];
}

export interface CaptionSource {
  label: string;
  entries: readonly CaptionEntry[];
}

const few = (ids: readonly string[]) => ids.slice(0, 5).join(', ') + (ids.length > 5 ? `, and ${ids.length - 5} more` : '');

function missingFault(ids: readonly string[], from: string, but: string, known: readonly string[]): Fault {
  return new Fault(
    'CAPTIONS_INVALID',
    `${ids.length} ${ids.length === 1 ? 'item is' : 'items are'} in ${but} and not in ${from}: ${few(ids)}`,
    {
      where: { source: from },
      expected: 'the same ids on both sides',
      nearest: nearest(ids[0]!, known),
      hint: 'with --allow-missing such items are left out on both sides, and the result says so',
    },
  );
}

/** What is odd about a caption and yet scored. */
function oddities(caption: string): string[] {
  return [
    ...(caption.trim() ? [] : ['the caption is empty']),
    ...(caption.includes('\0') ? ['the caption holds NUL characters, which the tokenizer passes over'] : []),
    ...(/[\r\v\f\u2028\u2029]/.test(caption)
      ? ['the caption holds line separators that make pycocoevalcap shift all later captions; here they are spaces']
      : []),
  ];
}

/**
 * The items that references and all predictions have, in the references' order. Strict unless `allowMissing`: then what is on one side only is
 * left out, each with a note. Throws Fault or FaultList CAPTIONS_INVALID for ids that do not fit, several captions as a prediction, and an
 * empty reference.
 */
export function matchItems(references: CaptionSource, systems: readonly CaptionSource[], allowMissing: boolean): MatchedItems {
  const faults: Fault[] = [];
  const notes: ItemNote[] = [];
  const maps = systems.map(({ entries }) => new Map(entries.map((entry) => [entry.id, entry])));
  const known = new Set(references.entries.map(({ id }) => id));
  const left = new Set<string>();
  systems.forEach(({ label, entries }, s) => {
    for (const { id, captions, where } of entries) {
      if (captions.length > 1)
        faults.push(new Fault('CAPTIONS_INVALID', `item "${id}" has ${captions.length} predictions`, { where, expected: 'one caption' }));
    }
    const absent = references.entries.map(({ id }) => id).filter((id) => !maps[s]!.has(id));
    const surplus = entries.map(({ id }) => id).filter((id) => !known.has(id));
    if (allowMissing) {
      for (const id of absent) left.add(id);
      notes.push(...absent.map((id) => ({ id, what: `left out: no prediction in ${label}` })));
      notes.push(...surplus.map((id) => ({ id, what: `left out: ${label} has it, the references do not` })));
    } else {
      if (absent.length) faults.push(missingFault(absent, label, references.label, [...maps[s]!.keys()]));
      if (surplus.length) faults.push(missingFault(surplus, references.label, label, [...known]));
    }
  });
  for (const { id, captions, where } of references.entries) {
    if (captions.every((caption) => caption.trim())) continue;
    if (allowMissing) {
      left.add(id);
      notes.push({ id, what: 'left out: its reference is empty' });
    } else faults.push(new Fault('CAPTIONS_INVALID', `the reference of item "${id}" is empty`, { where, expected: 'a caption' }));
  }
  if (faults.length === 1) throw faults[0]!;
  if (faults.length) throw new FaultList(faults);

  const kept = references.entries.filter(({ id }) => !left.has(id));
  if (kept.length === 0)
    throw new Fault('CAPTIONS_INVALID', 'no item has both a prediction and a reference', { where: { source: references.label } });
  systems.forEach(({ label }, s) => {
    for (const { id } of kept)
      for (const what of oddities(maps[s]!.get(id)!.captions[0]!))
        notes.push({ id, what: systems.length > 1 ? `${what} (${label})` : what });
  });
  return {
    clips: kept.map(({ id, captions, fields }) => ({
      id,
      video: '',
      split: 'test',
      instruction: '',
      references: captions,
      ...(typeof fields['emotion'] === 'string' && { emotion: fields['emotion'] }),
    })),
    predictions: maps.map((map) => kept.map(({ id }) => map.get(id)!.captions[0]!)),
    fields: kept.map(({ fields }) => fields),
    notes,
  };
}
