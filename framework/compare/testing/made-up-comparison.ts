import type { Random, Score } from '../../contracts/index.js';
import { seededRandom } from '../../plugin/index.js';
import type { ComparedRun, Comparison, Setting } from '../comparison.js';

const kinds = ['one-person', 'several', 'larger-distractor'];
/** Chance that a third of a clip is described right, by setting and kind. */
const skill: Record<string, readonly number[]> = {
  none: [0.12, 0.13, 0.12],
  'largest-face': [0.72, 0.7, 0.34],
  facetrack: [0.8, 0.79, 0.75],
};
const actions = ['smiles', 'frowns', 'opens the mouth', 'raises the brows', 'closes the eyes', 'looks to the left'];

export function clipMean(name: string, values: (number | null)[], more: Partial<Score> = {}): Score {
  return { name, values, higherIsBetter: true, caption: true, ...more };
}

/** Corpus F1 from per-clip recall and precision, as AutoDQ has it: a score that is no mean over clips. */
function corpusF1(name: string, recall: readonly number[], precision: readonly number[], more: Partial<Score>): Score {
  const mean = (of: readonly number[], indices: readonly number[]) => indices.reduce((sum, index) => sum + of[index]!, 0) / indices.length;
  return clipMean(
    name,
    recall.map((r, i) => (r + precision[i]! === 0 ? 0 : (2 * r * precision[i]!) / (r + precision[i]!))),
    {
      ...more,
      aggregate: (indices) => {
        const [r, p] = [mean(recall, indices), mean(precision, indices)];
        return r + p === 0 ? 0 : (2 * r * p) / (r + p);
      },
    },
  );
}

function captionScores(random: Random, chances: readonly number[], shift: readonly number[]): Score[] {
  const thirds = (chance: number) => [0, 1, 2].filter(() => random.next() < chance).length / 3;
  const events = chances.map(thirds);
  const near = (values: readonly number[], base: number, slope: number, spread: number) =>
    values.map((value, i) => Math.max(0, base + shift[i]! * spread + slope * value + 0.5 * spread * random.normal()));
  return [
    clipMean('events', events, { note: "share of the clip's thirds described with the right action" }),
    clipMean('cider', near(events, 0.35, 0.9, 0.25)),
    clipMean('rouge-l', near(events, 0.57, 0.12, 0.05), { note: 'hardly sees whether the actions are right' }),
    clipMean('bleu-4', near(events, 0.2, 0.2, 0.06)),
    corpusF1('autodq', near(events, 0.05, 0.8, 0.08), near(events, 0.07, 0.8, 0.08), {
      note: 'judge rules@1: not comparable with published values',
    }),
    clipMean('tem-reconstruction', near(events, 0.02, 0.7, 0.06), {
      note: 'our reconstruction of TEM (its code is not public); not comparable with published values',
    }),
  ];
}

function curve(random: Random, from: number, to: number): [number, number][] {
  return Array.from({ length: 300 }, (_, i) => [i * 3, to + (from - to) * Math.exp(-i / 60) + 0.06 * random.normal() * (to + 0.3)]);
}

function runOf(label: string, seed: number, clipKinds: readonly string[], random: Random, shift: readonly number[]): ComparedRun {
  const chances = clipKinds.map((kind) => skill[label]![kinds.indexOf(kind)]!);
  const scores = captionScores(random, chances, shift);
  if (label !== 'none') {
    const right = label === 'facetrack' ? [0.99, 0.98, 0.96] : [0.99, 0.96, 0.42];
    scores.push(
      clipMean(
        'principal-face',
        clipKinds.map((kind, i) => (i % 41 === 40 ? null : Math.min(1, right[kinds.indexOf(kind)]! + 0.03 * random.normal()))),
        {
          caption: false,
        },
      ),
    );
  }
  const learned = label === 'none' ? 1 : 0;
  return {
    seed,
    scores,
    curves: { 'train loss': curve(random, 4.2, 0.75 + 0.25 * learned), 'auxiliary loss': curve(random, 2.2, 0.45 + 1.5 * learned) },
    visualTokens: label === 'none' ? 8 : 16,
    faceTokens: label === 'none' ? 0 : 8,
    secondsPerClip: label === 'none' ? 0.021 : 0.034,
    skipped: [{ clip: 'test-0117', reason: 'VIDEO_UNREADABLE: moov atom not found' }],
    skippedMetrics: label === 'none' ? [{ metric: 'principal-face', reason: 'the run has no faces' }] : [],
    runUrl: `http://127.0.0.1:5000/#/experiments/1/runs/${label}-${seed}`,
  };
}

export interface MadeUpOptions {
  clips?: number;
  seeds?: number;
}

/** A comparison with made-up numbers of the size that the quickstart's prototype measured. Deterministic. */
export function madeUpComparison({ clips = 120, seeds = 3 }: MadeUpOptions = {}): Comparison {
  const random = seededRandom(20);
  const clipKinds = Array.from({ length: clips }, (_, i) => kinds[[0, 1, 1, 2][i % 4]!]!);
  const shift = clipKinds.map(() => random.normal());
  const settings = Object.keys(skill).map((label): Setting => ({
    label,
    choices: { tracker: label },
    runs: Array.from({ length: seeds }, (_, seed) => runOf(label, seed, clipKinds, random, shift)),
  }));
  const blind = [
    {
      label: 'blind constant',
      scores: captionScores(
        random,
        clipKinds.map(() => 0.19),
        shift,
      ),
    },
    {
      label: 'blind other clip',
      scores: captionScores(
        random,
        clipKinds.map(() => 0.12),
        shift,
      ),
    },
  ];
  const caption = (i: number, wrong: boolean) =>
    `A woman with red hair and a blue shirt is shown. At the beginning she ${actions[i % 6]}. Then she ${actions[(i + (wrong ? 3 : 2)) % 6]}. ` +
    `In the end she ${actions[(i + 4) % 6]}.`;
  return {
    name: 'quickstart',
    title: 'Which face should the captions be made from? (made-up numbers)',
    created: '2026-11-23T09:12:00Z',
    compared: 'tracker',
    settings,
    clips: clipKinds.map((kind, i) => ({ id: `test-${String(i).padStart(4, '0')}`, kind })),
    blind,
    breakdown: ['events'],
    claims: [
      {
        statement:
          'captions from the principal face beat captions from the largest face and from the frame alone where a larger distractor is about',
        score: 'events',
        kind: 'larger-distractor',
        where: 'where a larger distractor is about',
        setting: 'facetrack',
        against: ['largest-face', 'none'],
        caveat:
          'The row none is at the blind level on one-person clips too: its distance does not by itself show an effect of distractors.',
      },
    ],
    notes: [
      "Auxiliary loss, the same in every row: which words stand in the caption's sentence on their third of the clip, from the face tokens; 200 steps alone, then weight 0.5. It uses no label beyond the captions.",
      'Judge of autodq and tem-reconstruction: rules@1 on the event grammar of drawn-faces.',
      'Dataset drawn-faces 1.0.0, digest 5f0c8f2e91ab; no person is in two splits.',
      'Sampling: 8 frames a clip at segment midpoints; greedy generation.',
    ],
    samples: [3, 7, 12].map((i) => ({
      clip: `test-${String(i).padStart(4, '0')}`,
      facesOf: 'facetrack',
      references: [caption(i, false)],
      predictions: { none: caption(i + 2, true), 'largest-face': caption(i, true), facetrack: caption(i, false) },
    })),
    environment: {
      commit: '1137667 (clean)',
      backend: 'tensorflow 2.21.0, CPU, 2 threads',
      mienlab: '0.1.0',
      node: 'v20.20.2',
      machine: 'linux x64, 2 cores, 8 GB',
      'run time': '4 min 12 s',
    },
    links: [
      { label: 'resolved config', href: 'config.yaml' },
      { label: 'MLflow run', href: 'http://127.0.0.1:5000/#/experiments/1/runs/7f3a' },
      { label: 'all numbers (JSON)', href: 'result.json' },
    ],
  };
}
