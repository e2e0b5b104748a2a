import type { Detection, PluginConfig, Tracker, TrackStream } from 'mienlab/contracts';
import { bestPairs, principalPolicy, streamTracker } from 'mienlab/plugin';
import { boxIou } from 'mienlab/video';
import { ByteTrack } from './byte-track.js';

interface Face {
  index: number;
  detection: Detection;
}

interface Rules {
  highScore: number;
  lowScore: number;
  newScore: number;
  maxCost: number;
  maxAge: number;
}

/** Costs from which the reference code pairs nothing: low scores with tracks, and faces with tracks that one frame has seen. */
const lowCost = 0.5;
const unconfirmedCost = 0.7;
/** Two tracks closer than this are one. */
const duplicateCost = 0.15;

class ByteStream implements TrackStream {
  #tracks: ByteTrack[] = [];
  #frame = 0;
  #next = 0;
  #ids: (number | null)[] = [];

  constructor(private readonly rules: Rules) {}

  push(detections: readonly Detection[]): (number | null)[] {
    this.#frame++;
    this.#ids = detections.map(() => null);
    const { highScore, lowScore, newScore, maxCost, maxAge } = this.rules;
    const faces = detections.map((detection, index) => ({ index, detection }));
    const high = faces.filter(({ detection: { score } }) => score > highScore);
    const low = faces.filter(({ detection: { score } }) => score > lowScore && score < highScore);
    const unconfirmed = this.#tracks.filter(({ confirmed }) => !confirmed);
    const pool = this.#tracks.filter(({ confirmed }) => confirmed);
    pool.forEach((track) => track.predict());

    const first = this.#match(pool, high, maxCost, true);
    const second = this.#match(first.tracks.filter(({ state }) => state === 'tracked'), low, lowCost, false); // prettier-ignore
    for (const track of second.tracks) track.state = 'lost';
    const third = this.#match(unconfirmed, first.faces, unconfirmedCost, true);
    const fresh = third.faces.filter(({ detection: { score } }) => score >= newScore).map((face) => this.#begin(face));
    this.#tracks = withoutDuplicates(
      [...this.#tracks.filter((track) => !third.tracks.includes(track)), ...fresh].filter(({ state, lastFrame }) => state === 'tracked' || this.#frame - lastFrame <= maxAge), // prettier-ignore
    );
    return this.#ids;
  }

  end(): number[] {
    return [];
  }

  /** Pairs tracks with faces by overlap, weighed by score where wanted; what is left over on either side is given back. */
  #match(tracks: readonly ByteTrack[], faces: readonly Face[], maxCost: number, weighed: boolean) {
    const gains = tracks.map((track) =>
      faces.map(({ detection: { box, score } }) => maxCost - (1 - boxIou(track.box, box) * (weighed ? score : 1))),
    );
    const faceOf = bestPairs(gains);
    tracks.forEach((track, i) => {
      const face = faces[faceOf[i]!];
      if (!face) return;
      track.see(face.detection, this.#frame);
      this.#ids[face.index] = track.id;
    });
    const taken = new Set(faceOf);
    return { tracks: tracks.filter((_, i) => faceOf[i] === -1), faces: faces.filter((_, i) => !taken.has(i)) };
  }

  #begin({ index, detection }: Face): ByteTrack {
    const track = new ByteTrack(this.#next++, detection, this.#frame);
    if (track.confirmed) this.#ids[index] = track.id;
    return track;
  }
}

/** Of a tracked and a lost track at one place, the longer stays. */
function withoutDuplicates(tracks: readonly ByteTrack[]): ByteTrack[] {
  const gone = new Set<ByteTrack>();
  const age = ({ firstFrame, lastFrame }: ByteTrack) => lastFrame - firstFrame;
  for (const tracked of tracks.filter(({ state }) => state === 'tracked')) {
    for (const lost of tracks.filter(({ state }) => state === 'lost')) {
      if (1 - boxIou(tracked.box, lost.box) < duplicateCost) gone.add(age(tracked) > age(lost) ? lost : tracked);
    }
  }
  return tracks.filter((track) => !gone.has(track));
}

/**
 * ByteTrack (Zhang et al. 2022, ByteTrack: multi-object tracking by associating every detection box, algorithm 1 and its reference code): faces
 * of high score are tied to tracks first, those of low score to tracks left over; a new track needs a high score and a second frame.
 * @param config as the plugin's schema has it
 */
export function bytetrack(config: PluginConfig): Tracker {
  const option = (name: string) => config[name] as number;
  const rules: Rules = {
    highScore: option('high-score'),
    lowScore: option('low-score'),
    newScore: option('new-score'),
    maxCost: option('max-cost'),
    maxAge: option('max-age'),
  };
  return streamTracker(() => new ByteStream(rules), principalPolicy(config));
}
