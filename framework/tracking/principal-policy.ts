import type { Box, ClipGeometry, FaceTrack, PluginConfig, PrincipalScore, TrackedClip } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { boxArea, boxAt, boxCentre, boxIou } from '../video/index.js';

/** Exponents of what makes a face prominent; one of 0 leaves its part out. */
interface Prominence {
  presence: number;
  size: number;
  centre: number;
  /** Of the Gaussian over the horizontal place, in widths of the frame. */
  width: number;
}

const policies = ['weighted', 'longest', 'largest', 'most-central', 'oracle'] as const;
type Policy = (typeof policies)[number];

const exponent = (value: number, description: string) => ({ type: 'number', minimum: 0, default: value, description });

/** Options of a tracker that lets a policy choose the principal, to be spread into its config; `policy` is the default. */
export const principalOptions = (policy: Policy = 'weighted') => ({
  principal: {
    type: 'string',
    enum: [...policies],
    default: policy,
    description:
      'How the principal is chosen, once a clip: the track seen longest, largest, most-central, a weighted product of the three, or (oracle) the one on the true principal.',
  },
  'presence-weight': exponent(1, 'weighted: how much it counts to be seen long; exponent of the share of frames with the face.'),
  'size-weight': exponent(2, 'weighted: how much it counts to be large; exponent of face size over frame height.'),
  'centre-weight': exponent(1, 'weighted: how much it counts to be in the middle; exponent of the Gaussian over the horizontal place.'),
  'centre-width': {
    type: 'number',
    exclusiveMinimum: 0,
    default: 0.35,
    description: 'Width of that Gaussian, exp(-((x - 0.5) / width)^2), in widths of the frame.',
  },
});

/**
 * presence^p * mean over the track's own boxes of (size / frame height)^s * exp(-((x / frame width - 0.5) / width)^2)^c,
 * with size the square root of the box's area and x its middle. With p = 1, s = 2, c = 1 it is the mean over all frames, absent = 0.
 */
function prominence({ id, boxes }: FaceTrack, { width, height }: ClipGeometry, weights: Prominence): PrincipalScore {
  let [sum, seen, size, centre] = [0, 0, 0, 0];
  for (const box of boxes) {
    if (!box) continue;
    const offset = (boxCentre(box)[0] / width - 0.5) / weights.width;
    const ownSize = Math.sqrt(boxArea(box)) / height;
    sum += ownSize ** weights.size * Math.exp(-weights.centre * offset * offset);
    size += ownSize;
    centre += Math.exp(-offset * offset);
    seen++;
  }
  const presence = seen / boxes.length;
  return { track: id, score: presence ** weights.presence * (sum / seen), parts: { presence, size: size / seen, centre: centre / seen } };
}

/** Mean over all frames of the overlap with the true principal, 0 where either is absent. */
function agreement({ id, boxes }: FaceTrack, truth: readonly (Box | null)[]): PrincipalScore {
  let sum = 0;
  boxes.forEach((box, frame) => {
    const own = truth[frame];
    if (box && own) sum += boxIou(box, own);
  });
  const score = sum / boxes.length;
  return { track: id, score, parts: { overlap: score } };
}

function trueBoxes({ truth, times, clip }: ClipGeometry): (Box | null)[] {
  const person = truth?.people.find(({ id }) => id === truth.principal);
  if (!truth || !person) {
    throw new Fault('DATASET_INVALID', 'the oracle must know the principal, and nothing is known of this clip', {
      ...(clip !== undefined && { clip }),
      key: 'tracker.principal',
      expected: 'a dataset with truth',
      hint: 'choose another policy',
    });
  }
  return times.map((time) => boxAt(time, truth.times, person.boxes));
}

/** Chooses the principal among the tracks of a clip and says why. Of equals the first. */
export type PrincipalPolicy = (tracks: readonly FaceTrack[], clip: ClipGeometry) => TrackedClip;

/**
 * The policy that a config with `principalOptions` asks for. `longest`, `largest` and `most-central` go by one part alone; the oracle takes the
 * track that overlaps the true principal most, and nobody where none does. The policy throws DATASET_INVALID where the oracle has no truth.
 */
export function principalPolicy(config: PluginConfig): PrincipalPolicy {
  const policy = config['principal'] as Policy;
  const option = (name: string) => config[name] as number;
  const weighted = { presence: option('presence-weight'), size: option('size-weight'), centre: option('centre-weight') };
  const exponents = {
    weighted,
    longest: { presence: 1, size: 0, centre: 0 },
    largest: { presence: 0, size: 1, centre: 0 },
    'most-central': { presence: 0, size: 0, centre: 1 },
  };
  return (tracks, clip) => {
    const truth = policy === 'oracle' && tracks.length > 0 ? trueBoxes(clip) : [];
    const scores = tracks.map((track) =>
      policy === 'oracle' ? agreement(track, truth) : prominence(track, clip, { ...exponents[policy], width: option('centre-width') }),
    );
    scores.sort((a, b) => b.score - a.score || a.track - b.track);
    const best = tracks.find(({ id }) => id === scores[0]?.track);
    const nobody = !best || (policy === 'oracle' && scores[0]!.score === 0);
    return { tracks, principal: nobody ? clip.times.map(() => null) : best.boxes, choice: { policy, scores } };
  };
}
