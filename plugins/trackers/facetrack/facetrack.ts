import type { Detection, PluginConfig, Tracker, TrackStream } from 'mienlab/contracts';
import { bestPairs, principalPolicy, streamTracker } from 'mienlab/plugin';
import { Path, type Association } from './path.js';

/** What a cut took out of sight; more are forgotten, oldest first. */
const mostAway = 100;

/** Ties the faces of each frame into paths, numbered in order of first sight. A face is in exactly one of them. */
class PathStream implements TrackStream {
  #waiting: Path[] = [];
  #away: Path[] = [];
  #frame = -1;
  #next = 0;
  readonly #brief = new Set<number>();

  constructor(
    private readonly rules: Association,
    private readonly minSeen: number,
  ) {}

  push(faces: readonly Detection[], time: number): number[] {
    this.#frame++;
    this.#forget(time);
    const ids = new Array<number>(faces.length).fill(-1);
    const visible = this.#waiting.filter((path) => path.frame === this.#frame - 1);
    const tied = this.#tie(this.#waiting, faces, ids, time, (path, { box }) => path.fit(box, time, this.rules));
    // Nothing that was there still is, and something else is: another shot. What it brings back stands where it stood when its shot ended.
    if (visible.length > 0 && faces.length > 0 && tied.length === 0) {
      const back = this.#tie(this.#away, faces, ids, time, (path, { box }) => path.returns(box, this.rules));
      this.#away = this.#away.filter((path) => !back.includes(path));
      this.#waiting.push(...back);
      for (const path of visible) path.cutAway = true;
    }
    faces.forEach(({ box }, i) => {
      if (ids[i] !== -1) return;
      ids[i] = this.#next++;
      if (this.minSeen > 1) this.#brief.add(ids[i]);
      this.#waiting.push(new Path(ids[i], box, this.#frame, time));
    });
    return ids;
  }

  end(): number[] {
    return [...this.#brief];
  }

  #forget(time: number): void {
    const [lost, waiting]: [Path[], Path[]] = [[], []];
    for (const path of this.#waiting) (path.lost(this.#frame, time, this.rules) ? lost : waiting).push(path);
    this.#waiting = waiting;
    const away = [...this.#away, ...lost.filter(({ cutAway }) => cutAway)];
    this.#away = away.filter((path) => time - path.time <= this.rules.returnAge).slice(-mostAway);
  }

  /** Gives the faces without a path to those of `paths` that they fit best as a whole; the paths that got one. */
  #tie(
    paths: readonly Path[],
    faces: readonly Detection[],
    ids: number[],
    time: number,
    fit: (path: Path, face: Detection) => number,
  ): Path[] {
    const faceOf = bestPairs(paths.map((path) => faces.map((face, i) => (ids[i] === -1 ? fit(path, face) : 0))));
    return paths.filter((path, i) => {
      const face = faces[faceOf[i]!];
      if (!face) return false;
      ids[faceOf[i]!] = path.id;
      path.see(face.box, this.#frame, time);
      if (path.seen >= this.minSeen) this.#brief.delete(path.id);
      return true;
    });
  }
}

/**
 * Tracks by optimal assignment frame by frame; the principal by a policy over the whole clip. Pure: the same faces, the same tracks.
 * @param config as the plugin's schema has it
 */
export function facetrack(config: PluginConfig): Tracker {
  const option = (name: string) => config[name] as number;
  const rules: Association = {
    iouWeight: option('iou-weight'),
    baseReach: option('base-reach'),
    maxSpeed: option('max-speed'),
    maxReach: option('max-reach'),
    maxGrowth: option('max-growth'),
    maxAge: option('max-age'),
    maxMissed: option('max-missed'),
    returnAge: option('return-age'),
    returnOverlap: option('return-overlap'),
  };
  return streamTracker(() => new PathStream(rules, option('min-seen')), principalPolicy(config));
}
