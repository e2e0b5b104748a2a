import type { Box, ClipGeometry, Detection, Detector, Frames, PluginContext, Random } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import { seededRandom } from 'mienlab/plugin';
import { boxAt, keepFaces, type FaceLimits } from 'mienlab/video';
import { readAnnotations } from './read-annotations.js';

export interface AnnotationsOptions extends FaceLimits {
  /** A file, or a folder with one for every clip; empty for the dataset's truth. */
  path: string;
  /** Frames per second that files count in. */
  frameRate: number;
  /** Standard deviation of a box's middle and sides, in its sides. */
  noise: number;
  /** Share of the faces that are missed, 0..1. */
  dropRate: number;
  /** False faces in a frame, in the mean. */
  falseRate: number;
  seed: number;
}

type Known = Pick<ClipGeometry, 'clip' | 'truth'>;

/** Faces as annotated, made worse on purpose: how good a tracker is with how good a detector. */
export class Annotations implements Detector {
  readonly #files = new Map<string, Detection[][]>();

  constructor(
    private readonly context: Pick<PluginContext, 'resolve'>,
    private readonly options: AnnotationsOptions,
  ) {}

  /**
   * What is missed, moved or made up in a frame depends on the seed, the clip and the frame's time alone.
   * @throws Fault DATASET_INVALID where the clip has no truth, DATASET_MISSING or TRACKS_INVALID where its file is not there or wrong
   */
  async detect(frames: Frames, known: Known = {}): Promise<Detection[][]> {
    if (frames.times.length === 0) return [];
    const at = this.options.path ? this.#fromFile(known.clip) : fromTruth(known);
    const random = seededRandom(this.options.seed).fork(known.clip ?? '');
    return frames.times.map((time) => keepFaces(this.#disturb(at(time), frames, random.fork(time.toFixed(6))), this.options));
  }

  #fromFile(clip: string | undefined): (time: number) => readonly Detection[] {
    const { path, frameRate } = this.options;
    const key = clip ?? '';
    if (!this.#files.has(key)) this.#files.set(key, readAnnotations(this.context.resolve(path), clip));
    const rows = this.#files.get(key)!;
    return (time) => rows[Math.round(time * frameRate)] ?? [];
  }

  #disturb(faces: readonly Detection[], frame: Frames, random: Random): Detection[] {
    const { noise, dropRate, falseRate } = this.options;
    const seen: Detection[] = [];
    for (const face of faces) {
      const missed = random.next() < dropRate;
      const moved = noise > 0 ? { score: face.score, box: shaken(face.box, noise, random) } : face;
      if (!missed) seen.push(moved);
    }
    const made = Math.floor(falseRate) + (random.next() < falseRate % 1 ? 1 : 0);
    for (let i = 0; i < made; i++) seen.push(falseFace(frame, random));
    return seen;
  }

  dispose(): void {
    this.#files.clear();
  }
}

function fromTruth({ clip, truth }: Known): (time: number) => readonly Detection[] {
  if (!truth) {
    throw new Fault('DATASET_INVALID', 'nothing is known of where the faces of this clip are', {
      ...(clip !== undefined && { clip }),
      key: 'detector.path',
      expected: 'a dataset with truth, or files in detector.path',
    });
  }
  return (time) =>
    truth.people.flatMap(({ boxes }) => {
      const box = boxAt(time, truth.times, boxes);
      return box ? [{ box, score: 1 }] : [];
    });
}

function shaken({ x, y, width, height }: Box, noise: number, random: Random): Box {
  const [moveX, moveY, growth] = [random.normal() * noise * width, random.normal() * noise * height, Math.exp(random.normal() * noise)];
  const [wide, high] = [width * growth, height * growth];
  return { x: x + width / 2 + moveX - wide / 2, y: y + height / 2 + moveY - high / 2, width: wide, height: high };
}

/** A square of a tenth to three tenths of the frame's height, anywhere within; score .5 to .9. */
function falseFace({ width, height }: Frames, random: Random): Detection {
  const side = (0.1 + 0.2 * random.next()) * height;
  const box = { x: random.next() * Math.max(0, width - side), y: random.next() * (height - side), width: side, height: side };
  return { box, score: 0.5 + 0.4 * random.next() };
}
