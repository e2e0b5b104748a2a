import { extname } from 'node:path';
import type { Clip, Conversation, DataPlace, DataProblem, Split } from 'mienlab/contracts';
import type { Item } from './inspect.js';

interface Gathered {
  where: DataPlace;
  video: string;
  name: string;
  split: Split;
  conversations: Conversation[];
}

/** Makes clips of entries: what is said of one video belongs to one clip, whose frames are then looked at once. */
export class ClipGathering {
  readonly #videos = new Map<string, Gathered>();

  /** What is wrong with it: a video that is in another split already. */
  add({ where, video, name, split, conversations }: Item): DataProblem | undefined {
    const known = this.#videos.get(video);
    if (!known) this.#videos.set(video, { where, video, name, split, conversations: [...conversations] });
    else if (known.split === split) known.conversations.push(...conversations);
    else {
      const message = `${name} is in ${split} here, and in ${known.split} at ${known.where.source}:${known.where.line}`;
      return { where, problem: 'video in two splits', message, expected: 'every video in one split' };
    }
    return undefined;
  }

  /** In order of the first entry of each. What is tested is asked the first question alone: each other question of a video is a clip of its own. */
  clips(): Clip[] {
    const taken = new Set<string>();
    return [...this.#videos.values()].flatMap(({ video, name, split, conversations }): Clip[] => {
      const base = freeId(idOf(name), taken);
      const questions = new Map<string, string[]>();
      for (const { turns } of conversations) {
        const { instruction, answer } = turns[0]!;
        questions.set(instruction, [...(questions.get(instruction) ?? []), answer]);
      }
      const [first] = questions.keys();
      if (split !== 'test') return [{ id: base, video, split, instruction: first!, references: [], conversations }];
      return [...questions].map(([instruction, references], i) => {
        return { id: i ? freeId(`${base}-${i + 1}`, taken) : base, video, split, instruction, references };
      });
    });
  }
}

/** Of a path: without its ending, everything but letters, digits, `-`, `_` and `.` as `-`. */
function idOf(name: string): string {
  const stem = name.slice(0, name.length - extname(name).length);
  return stem.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[-.]+/, '') || 'clip';
}

function freeId(wanted: string, taken: Set<string>): string {
  let id = wanted;
  for (let n = 2; taken.has(id); n++) id = `${wanted}-${n}`;
  taken.add(id);
  return id;
}
