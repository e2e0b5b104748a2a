import type { ClipTruth, EventGrammar, Metric, Score, ScoredClip } from 'mienlab/contracts';
import { Fault, nearest } from 'mienlab/faults';
import { actionsIn, splitParts } from 'mienlab/text';

/** What truly happens in one part of a clip. */
interface PartTruth {
  /** What the caption should say; null where nothing happens and the grammar has no action that says so. */
  right: string | null;
  principal: ReadonlySet<string>;
  others: ReadonlySet<string>;
}

/** Shares of a clip's parts, 0..1, null where there is nothing to count. */
interface ClipShares {
  right: number | null;
  leak: number | null;
}

/**
 * Whether the sentence on each part of the clip names what the principal does in it, by ground truth.
 * The clip's time is cut into as many equal parts as the grammar has. The right action of a part is the principal's that overlaps it
 * the longest; where none covers `minOverlap` (0..1) of the part, it is the grammar's `none` action.
 */
export class Events implements Metric {
  readonly #grammar: EventGrammar;
  readonly #minOverlap: number;

  constructor(grammar: EventGrammar, minOverlap: number) {
    this.#grammar = grammar;
    this.#minOverlap = minOverlap;
  }

  /** Throws Fault DATASET_INVALID where the truth names an action that the grammar lacks. */
  async score(clips: readonly ScoredClip[]): Promise<Score[]> {
    const shares = clips.map((clip) => this.#clip(clip));
    return [
      { name: 'events', values: shares.map(({ right }) => right), higherIsBetter: true, caption: true },
      { name: 'events-leak', values: shares.map(({ leak }) => leak), higherIsBetter: false, caption: true },
    ];
  }

  dispose(): void {}

  #clip({ clip, prediction }: ScoredClip): ClipShares {
    const truth = clip.truth && this.#truth(clip.truth, clip.id);
    if (!truth) return { right: null, leak: null };
    const said = splitParts(prediction, this.#grammar).map((text) => new Set(actionsIn(text, this.#grammar)));
    let [counted, right, leaked] = [0, 0, 0];
    truth.forEach((part, p) => {
      if (part.right === null) return;
      counted++;
      const wrong = [...said[p]!].filter((action) => action !== part.right && !part.principal.has(action));
      if (said[p]!.has(part.right) && wrong.length === 0) right++;
      else if (wrong.some((action) => part.others.has(action))) leaked++;
    });
    const alone = clip.truth!.people.every(({ id }) => id === clip.truth!.principal);
    return { right: counted ? right / counted : null, leak: counted && !alone ? leaked / counted : null };
  }

  /** By part; null where the truth has no duration. */
  #truth(truth: ClipTruth, clip: string): PartTruth[] | null {
    const { parts, actions } = this.#grammar;
    const [first = 0, last = 0] = [truth.times[0], truth.times.at(-1)];
    // An annotated frame lasts to the next one, the last as long as the others.
    const length = ((last - first) * truth.times.length) / Math.max(1, truth.times.length - 1) / parts.length;
    if (!(length > 0)) return null;
    const none = actions.find((action) => action.none)?.name ?? null;
    return parts.map((_, p) => {
      const from = first + p * length;
      const principal = new Map<string, number>();
      const others = new Map<string, number>();
      for (const { person, action, start, end } of truth.actions) {
        this.#known(action, clip);
        const overlap = Math.min(end, from + length) - Math.max(start, from);
        const of = person === truth.principal ? principal : others;
        if (overlap > 0) of.set(action, (of.get(action) ?? 0) + overlap);
      }
      const enough = (of: Map<string, number>) => [...of].filter(([, overlap]) => overlap >= this.#minOverlap * length);
      const done = enough(principal);
      const longest = Math.max(...done.map(([, overlap]) => overlap));
      return {
        right: done.find(([, overlap]) => overlap === longest)?.[0] ?? none,
        principal: new Set(done.map(([action]) => action)),
        // That nothing happens to somebody else is nothing to tell.
        others: new Set(enough(others).flatMap(([action]) => (action === none ? [] : [action]))),
      };
    });
  }

  #known(action: string, clip: string): void {
    const known = this.#grammar.actions.map(({ name }) => name);
    if (known.includes(action)) return;
    throw new Fault('DATASET_INVALID', `the ground truth names the action "${action}", which the dataset's event grammar lacks`, {
      clip,
      nearest: nearest(action, known),
      known,
      hint: 'mend the dataset plugin',
    });
  }
}
