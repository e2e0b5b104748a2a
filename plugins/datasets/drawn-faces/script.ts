import type { Box, ClipTruth, Random, Split } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import { seededRandom } from 'mienlab/plugin';
import { actionNames, type Action, type TimedAction } from './actions.js';
import { writeCaption } from './captions.js';
import { drawWalk, faceBox, placeAt, prominence, visibleShare, type Walk } from './layout.js';
import type { DrawnFacesOptions } from './options.js';
import { makePerson, type Person } from './person.js';

export const clipKinds = ['one-person', 'several', 'larger-distractor'] as const;
export type ClipKind = (typeof clipKinds)[number];

interface Actor {
  person: Person;
  walk: Walk;
  timeline: readonly TimedAction[];
}

/** All that happens in a clip, before anything is drawn. */
export interface Script {
  kind: ClipKind;
  /** The farthest first: who comes later hides who came before. */
  actors: readonly Actor[];
  truth: ClipTruth;
  caption: string;
  /** Draws the background and the noise. */
  random: Random;
}

/** By how much the principal must lead the next person's prominence. */
const LEAD = 1.25;
const ATTEMPTS = 2000;
/** A face of which less is to be seen counts as absent. */
const SEEN = 0.7;

/** Kinds of a split's clips, in shares that do not depend on chance. */
export function kindsOf(split: Split, options: DrawnFacesOptions): ClipKind[] {
  const count = options.clips[split];
  const total = options.people.reduce((sum, weight) => sum + weight, 0);
  const alone = Math.round((count * options.people[0]!) / total);
  const larger = Math.min(count - alone, Math.round(count * options.larger));
  const kinds = Array.from({ length: count }, (_, i): ClipKind => {
    if (i < alone) return 'one-person';
    return i < alone + larger ? 'larger-distractor' : 'several';
  });
  const random = seededRandom(options.seed).fork(`kinds-${split}`);
  for (let i = count - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [kinds[i], kinds[j]] = [kinds[j]!, kinds[i]!];
  }
  return kinds;
}

const splitNumbers: Readonly<Record<Split, number>> = { train: 0, validation: 1, test: 2 };

/** The script of one clip: the same options, split, index and kind give the same one. */
export function writeScript(options: DrawnFacesOptions, split: Split, index: number, kind: ClipKind): Script {
  const random = seededRandom(options.seed).fork(`${split}-${index}`);
  const [, two = 0, three = 0] = options.people;
  const count = kind === 'one-person' ? 1 : two + three > 0 && random.next() * (two + three) >= two ? 3 : 2;
  const serial = (who: number) => ((splitNumbers[split] << 26) | (index << 2) | who) >>> 0;
  const people = Array.from({ length: count }, (_, who) => makePerson(random.fork(`person-${who}`), serial(who)));
  const thirds = people.map((_, who) => drawActions(random.fork(`actions-${who}`), who === 0 || options.distractorsAct, options));
  const { walks, boxes } = drawLayout(random.fork('layout'), kind, count, options);
  const actors = people.map((person, who) => ({ person, walk: walks[who]!, timeline: thirds[who]! }));
  const truth: ClipTruth = {
    times: frameTimes(options),
    people: people.map(({ id }, who) => ({ id, boxes: boxes[who]! })),
    principal: people[0]!.id,
    actions: actors
      .flatMap(({ person, timeline }) => timeline.map(({ action, start, end }) => ({ person: person.id, action, start, end })))
      .sort((a, b) => a.start - b.start),
  };
  const caption = writeCaption(
    random.fork('caption'),
    people[0]!,
    thirds[0]!.map(({ action }) => action),
  );
  return { kind, actors: [...actors].sort((a, b) => a.walk.radius - b.walk.radius), truth, caption, random: random.fork('paint') };
}

/** Seconds of every frame. */
export function frameTimes({ length, rate }: DrawnFacesOptions): number[] {
  return Array.from({ length: Math.round(length * rate) }, (_, i) => i / rate);
}

/** One action a third; none twice in a row but `neutral`. */
function drawActions(random: Random, acts: boolean, { actions, length }: DrawnFacesOptions): TimedAction[] {
  const drawn: TimedAction[] = [];
  for (let third = 0; third < 3; third++) {
    const last = drawn[third - 1]?.action;
    const allowed = actionNames.filter((name) => actions[name] > 0 && (name === 'neutral' || name !== last));
    const action = acts ? pick(random, allowed, actions) : 'neutral';
    const amplitude = 0.75 + 0.35 * random.next();
    drawn.push({ action, start: (third * length) / 3, end: ((third + 1) * length) / 3, amplitude });
  }
  return drawn;
}

function pick(random: Random, names: readonly Action[], weights: Readonly<Record<Action, number>>): Action {
  let left = random.next() * names.reduce((sum, name) => sum + weights[name], 0);
  return names.find((name) => (left -= weights[name]) < 0) ?? names.at(-1) ?? 'neutral';
}

/** Draws walks until the first one is the principal by a clear lead, is always seen well, and the clip is of its kind. */
function drawLayout(random: Random, kind: ClipKind, count: number, options: DrawnFacesOptions): { walks: Walk[]; boxes: (Box | null)[][] } {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const first = drawWalk(random, count === 1 ? 'alone' : 'principal', options, 0);
    const others = Array.from({ length: count - 1 }, (_, i) =>
      drawWalk(random, kind === 'larger-distractor' && i === 0 ? 'larger' : 'smaller', options, first.radius),
    );
    const walks = [first, ...others];
    const { boxes, shares } = watch(walks, options);
    const [lead, ...rest] = boxes.map((own) => prominence(own, options.width, options.height));
    const hidden = 1 - Math.min(...shares[0]!);
    const seen = boxes.map((own) => own.filter(Boolean).length / own.length);
    const fits = kind !== 'larger-distractor' || (seen[1]! >= 0.3 && largestWrong(boxes) >= 0.25);
    if (!fits || rest.some((other) => lead! < LEAD * other) || hidden > options.occlusion || seen.some((part) => part < 0.2)) continue;
    return { walks, boxes };
  }
  throw new Fault('CONFIG_VALUE', `no clip of kind ${kind} could be laid out with these options in ${ATTEMPTS} attempts`, {
    key: 'data.occlusion',
    expected: 'room for the people: a larger occlusion, a wider picture, or fewer people',
  });
}

/** Share of the frames in which the largest face is not the first person's. */
function largestWrong(boxes: readonly (readonly (Box | null)[])[]): number {
  const wrong = boxes[0]!.filter((own, i) => boxes.some((other) => (other[i]?.width ?? 0) > (own?.width ?? 0)));
  return wrong.length / boxes[0]!.length;
}

/** Who is seen where, frame by frame. */
function watch(walks: readonly Walk[], options: DrawnFacesOptions): { boxes: (Box | null)[][]; shares: number[][] } {
  const boxes: (Box | null)[][] = walks.map(() => []);
  const shares: number[][] = walks.map(() => []);
  for (const time of frameTimes(options)) {
    const places = walks.map((walk) => placeAt(walk, time));
    places.forEach((place, who) => {
      const nearer = places.filter((other) => other.radius > place.radius);
      const share = visibleShare(place, nearer, options.width, options.height);
      shares[who]!.push(share);
      boxes[who]!.push(share >= SEEN ? rounded(faceBox(place)) : null);
    });
  }
  return { boxes, shares };
}

function rounded({ x, y, width, height }: Box): Box {
  const tenth = (value: number) => Math.round(value * 10) / 10;
  return { x: tenth(x), y: tenth(y), width: tenth(width), height: tenth(height) };
}
