import type { Judge, JudgeUsage, Progress, Relation } from '../contracts/index.js';
import { seededRandom } from '../plugin/index.js';
import { readEventPairs, type EventPair } from './event-pairs.js';

const relations: readonly Relation[] = ['entailment', 'neutral', 'contradiction'];
const resamples = 2000;

interface Estimate {
  value: number;
  /** 95 %, percentile bootstrap over captions. */
  interval: [number, number];
}

export interface JudgeCheck {
  judge: string;
  /** Version of the pairs. */
  pairs: string;
  n: number;
  /** Pairs that the judge could not answer: counted nowhere else. */
  failed: number;
  /** Why the first of these failed. */
  failure: string | null;
  accuracy: Estimate;
  /** Cohen's kappa (J. Cohen, 1960) of the judge and the labels; 0 is chance. */
  kappa: Estimate;
  /** What is reached by saying the most frequent label always. */
  majority: number;
  sorts: { relation: Relation; sort: string; n: number; accuracy: Estimate }[];
  /** [label][answer], in the order entailment, neutral, contradiction. */
  confusion: number[][];
  /** Set where at least 95 of 100 answers are the same. */
  sameAnswer: Relation | null;
  /** False where the interval of kappa reaches down to chance. */
  aboveChance: boolean;
  usage: JudgeUsage | null;
}

type Answered = EventPair & { answer: Relation };

/** Kappa is 0 where there is nothing that chance leaves to agree on. */
function kappaOf(pairs: readonly Answered[]): number {
  const share = (test: (pair: Answered) => boolean) => pairs.filter(test).length / pairs.length;
  const observed = share(({ answer, relation }) => answer === relation);
  const chance = relations.reduce((sum, one) => sum + share(({ answer }) => answer === one) * share(({ relation }) => relation === one), 0);
  return chance === 1 ? 0 : (observed - chance) / (1 - chance);
}

const accuracyOf = (pairs: readonly Answered[]) => pairs.filter(({ answer, relation }) => answer === relation).length / pairs.length;

function estimate(groups: readonly (readonly Answered[])[], statistic: (pairs: readonly Answered[]) => number): Estimate {
  const random = seededRandom(0).fork('judge-check');
  const drawn = Array.from({ length: resamples }, () => statistic(groups.flatMap(() => groups[random.integer(groups.length)]!))).sort(
    (a, b) => a - b,
  );
  const at = (share: number) => drawn[Math.round(share * (resamples - 1))]!;
  return { value: statistic(groups.flat()), interval: [at(0.025), at(0.975)] };
}

/**
 * Runs a judge over the labelled pairs, a question each, and tells how often and where it is right. `captions` limits them to the first
 * so many captions. Throws the first failure where no pair is answered, and the signal's reason where it is aborted.
 */
export async function checkJudge(
  judge: Judge,
  { progress, signal, captions }: { progress: Progress; signal: AbortSignal; captions?: number },
): Promise<JudgeCheck> {
  const { version, captions: all } = readEventPairs();
  const asked = all.slice(0, captions ?? all.length);
  const flat = asked.flatMap((pairs, group) => pairs.map((pair) => ({ pair, group })));
  const groups: Answered[][] = asked.map(() => []);
  const failures: unknown[] = [];
  const shown = progress.start(`judge ${judge.id}`, flat.length);
  let [next, done] = [0, 0];
  const worker = async () => {
    while (next < flat.length) {
      signal.throwIfAborted();
      const { pair, group } = flat[next++]!;
      try {
        const [answer] = await judge.relations([pair.event], pair.caption);
        groups[group]!.push({ ...pair, answer: answer! });
      } catch (error) {
        signal.throwIfAborted();
        failures.push(error);
      }
      shown.done(++done);
    }
  };
  try {
    await Promise.all(Array.from({ length: judge.concurrency ?? 1 }, worker));
  } finally {
    shown.end();
  }
  const answered = groups.flat();
  if (answered.length === 0) throw failures[0];
  const filled = groups.filter((group) => group.length);
  const sorts = new Map(answered.map(({ relation, sort }) => [`${relation} ${sort}`, { relation, sort }]));
  const most = Math.max(...relations.map((one) => answered.filter(({ relation }) => relation === one).length));
  const kappa = estimate(filled, kappaOf);
  return {
    judge: judge.id,
    pairs: version,
    n: answered.length,
    failed: failures.length,
    failure: failures.length ? String((failures[0] as Error).message) : null,
    accuracy: estimate(filled, accuracyOf),
    kappa,
    majority: most / answered.length,
    sorts: [...sorts.values()]
      .sort((a, b) => relations.indexOf(a.relation) - relations.indexOf(b.relation) || (a.sort < b.sort ? -1 : 1))
      .map(({ relation, sort }) => {
        const some = filled
          .map((group) => group.filter((pair) => pair.relation === relation && pair.sort === sort))
          .filter((one) => one.length);
        return { relation, sort, n: some.flat().length, accuracy: estimate(some, accuracyOf) };
      }),
    confusion: relations.map((label) =>
      relations.map((said) => answered.filter(({ relation, answer }) => relation === label && answer === said).length),
    ),
    sameAnswer: relations.find((one) => answered.filter(({ answer }) => answer === one).length >= 0.95 * answered.length) ?? null,
    aboveChance: kappa.interval[0] > 0,
    usage: judge.usage?.() ?? null,
  };
}
