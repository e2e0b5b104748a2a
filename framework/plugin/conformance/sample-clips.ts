import type { EventGrammar, Judge, ScoredClip } from '../../contracts/index.js';

/** A small event grammar in FEC-Bench's form. */
export const sampleGrammar: EventGrammar = {
  parts: [
    { name: 'beginning', markers: ['at the beginning', 'at first'] },
    { name: 'middle', markers: ['in the middle', 'then'] },
    { name: 'end', markers: ['towards the end', 'at the end'] },
  ],
  actions: [
    { name: 'smile', patterns: ['smil(?:es|ing)', 'mouth corners rise'] },
    { name: 'frown', patterns: ['frown(?:s|ing)'] },
    { name: 'blink', patterns: ['blink(?:s|ing)', 'closes (?:his|her) eyes for a moment'] },
    { name: 'no-change', patterns: ['no (?:obvious )?change'], none: true },
  ],
};

const wordings: Record<string, string> = {
  smile: 'the corners of the mouth rise a little and the person smiles',
  frown: 'the brows are drawn together and the person frowns',
  blink: 'the person blinks with both eyes',
  'no-change': 'there is no obvious change in the face of the person',
};

const looks = ['a young man with short hair', 'an old woman with glasses', 'a bearded man in a red shirt', 'a girl with long black hair'];
const emotions = ['Happy', 'sad', 'Neutral'];
const order = ['smile', 'frown', 'blink', 'no-change'];

/**
 * Eight clips of three seconds that differ in what happens in their thirds, each predicted by its own reference. Odd ones have a
 * distractor who does something else; the run's principal face is the true one.
 */
export function sampleClips(): ScoredClip[] {
  return Array.from({ length: 8 }, (_, i) => {
    const done = [0, 1, 2].map((part) => order[(i + part * (1 + (i >> 2))) % order.length]!);
    const [first, second, third] = done.map((action) => wordings[action]!);
    const caption =
      `The video shows ${looks[i % looks.length]!} in front of a wall. At the beginning, ${first}. ` +
      `In the middle, ${second}. Towards the end, ${third}. The mood is ${emotions[i % emotions.length]!.toLowerCase()}.`;
    const times = Array.from({ length: 12 }, (_, frame) => frame / 4);
    const box = { x: 10 + i, y: 12, width: 30, height: 30 };
    const people = [{ id: 'principal', boxes: times.map(() => box) }];
    if (i % 2) people.push({ id: 'distractor', boxes: times.map(() => ({ ...box, x: 70 })) });
    const actions = done.flatMap((action, part) =>
      action === 'no-change' ? [] : [{ person: 'principal', action, start: part, end: part + 1 }],
    );
    if (i % 2) actions.push({ person: 'distractor', action: order[(i + 1) % 3]!, start: 0, end: 3 });
    return {
      clip: {
        id: `sample-${i}`,
        video: `/sample-${i}.mp4`,
        split: 'test',
        instruction: 'Describe the facial expressions.',
        references: [caption],
        kind: i % 2 ? 'several' : 'one-person',
        emotion: emotions[i % emotions.length],
        truth: { times, people, principal: 'principal', actions: actions.sort((a, b) => a.start - b.start) },
      },
      prediction: caption,
      principal: times.map(() => box),
      times,
    };
  });
}

/** A judge for tests of metrics: every sentence is an event, and a caption entails the sentences that stand in it. */
export const sentenceJudge: Judge = {
  id: 'sentences',
  events: async (caption) => sentences(caption),
  relations: async (events, caption) => {
    const said = sentences(caption);
    return events.map((event) => (said.includes(event) ? 'entailment' : 'neutral'));
  },
  dispose: () => {},
};

function sentences(caption: string): string[] {
  return caption
    .toLowerCase()
    .split(/[.!?]\s*/)
    .filter(Boolean);
}
