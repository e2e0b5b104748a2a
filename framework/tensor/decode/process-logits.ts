import type { GenerateOptions, Random } from '../../contracts/index.js';

/**
 * Changes scores (logits or log-probabilities) in place so that tokens seen before become less likely: positive ones are divided by the
 * penalty, negative ones multiplied by it, once however often a token was seen (Keskar et al., 2019, section 4.1, in the form of
 * transformers' RepetitionPenaltyLogitsProcessor). Ids outside of the scores are passed over.
 */
export function penalizeRepetition(scores: Float32Array, seen: ReadonlySet<number>, penalty: number): void {
  if (penalty === 1) return;
  for (const id of seen) {
    const score = scores[id];
    if (score !== undefined) scores[id] = score < 0 ? score * penalty : score / penalty;
  }
}

/** A token that may be drawn, and its probability. */
interface Candidate {
  id: number;
  probability: number;
}

/**
 * The tokens that sampling draws from with their probabilities, the likeliest first: scores divided by the temperature (above 0), cut to
 * those of at least the k-th score (equals stay), then to the fewest that hold `topP`, in the order of transformers' TemperatureLogitsWarper,
 * TopKLogitsWarper and TopPLogitsWarper (Holtzman et al., 2020). One token is always left.
 */
export function samplingCandidates(
  logits: Float32Array,
  { temperature, topK, topP }: Pick<GenerateOptions, 'temperature' | 'topK' | 'topP'>,
): Candidate[] {
  const scores = logits.map((logit) => logit / temperature);
  const least = topK > 0 && topK < scores.length ? kthLargest(scores, topK) : -Infinity;
  let best = -Infinity;
  for (const score of scores) if (score > best) best = score;
  let total = 0;
  for (const score of scores) if (score >= least) total += Math.exp(score - best);
  // A token this unlikely is below the cut even when all that are less likely are as likely as it is.
  const unlikely = ((1 - topP) / scores.length) * total;
  const candidates: Candidate[] = [];
  let kept = 0;
  for (let id = 0; id < scores.length; id++) {
    const weight = scores[id]! >= least ? Math.exp(scores[id]! - best) : 0;
    if (weight === 0 || (topP < 1 && weight < unlikely)) continue;
    candidates.push({ id, probability: weight });
    kept += weight;
  }
  candidates.sort((a, b) => b.probability - a.probability || a.id - b.id);
  // From the least likely on, as long as what is dropped holds at most 1 - topP.
  let dropped = total - kept;
  while (topP < 1 && candidates.length > 1 && dropped + candidates.at(-1)!.probability <= (1 - topP) * total) {
    dropped += candidates.pop()!.probability;
  }
  const mass = candidates.reduce((sum, { probability }) => sum + probability, 0);
  return candidates.map(({ id, probability }) => ({ id, probability: probability / mass }));
}

/** Draws an id from logits. */
export function sampleToken(logits: Float32Array, options: Pick<GenerateOptions, 'temperature' | 'topK' | 'topP'>, random: Random): number {
  const candidates = samplingCandidates(logits, options);
  let left = random.next();
  for (const { id, probability } of candidates) {
    left -= probability;
    if (left < 0) return id;
  }
  return candidates.at(-1)!.id;
}

/** The id of the highest score, the first of equals. */
export function argmaxOf(scores: Float32Array): number {
  let best = 0;
  for (let id = 1; id < scores.length; id++) if (scores[id]! > scores[best]!) best = id;
  return best;
}

/** The k-th largest of the values, 1 <= k <= values. */
function kthLargest(values: Float32Array, k: number): number {
  if (k > 512) return values.slice().sort()[values.length - k]!;
  // The largest k so far, in descending order.
  const top = new Float64Array(k).fill(-Infinity);
  for (const value of values) {
    if (!(value > top[k - 1]!)) continue;
    let at = k - 1;
    for (; at > 0 && top[at - 1]! < value; at--) top[at] = top[at - 1]!;
    top[at] = value;
  }
  return top[k - 1]!;
}
