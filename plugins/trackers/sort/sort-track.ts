import type { Box } from 'mienlab/contracts';
import { KalmanAxis } from 'mienlab/plugin';
import { boxCentre } from 'mienlab/video';

/** SORT's state of one face: middle and area with constant velocity, aspect ratio constant, with the reference code's noise. */
export class SortTrack {
  /** Frames since the last face, and consecutive frames with one since. */
  missed = 0;
  streak = 0;
  readonly #x: KalmanAxis;
  readonly #y: KalmanAxis;
  readonly #area: KalmanAxis;
  readonly #ratio: KalmanAxis;

  constructor(
    readonly id: number,
    box: Box,
  ) {
    const [x, y] = boxCentre(box);
    this.#x = new KalmanAxis(x, 10, 1e4);
    this.#y = new KalmanAxis(y, 10, 1e4);
    this.#area = new KalmanAxis(box.width * box.height, 10, 1e4);
    this.#ratio = new KalmanAxis(box.width / box.height, 10, 0);
  }

  /** Where the face should be in the next frame. */
  predict(): Box {
    if (this.#area.value + this.#area.velocity <= 0) this.#area.velocity = 0;
    this.#x.predict(1, 0.01);
    this.#y.predict(1, 0.01);
    this.#area.predict(1, 1e-4);
    this.#ratio.predict(1, 0);
    if (this.missed > 0) this.streak = 0;
    this.missed++;
    const width = Math.sqrt(Math.max(0, this.#area.value * this.#ratio.value));
    const height = width === 0 ? 0 : this.#area.value / width;
    return { x: this.#x.value - width / 2, y: this.#y.value - height / 2, width, height };
  }

  see(box: Box): void {
    const [x, y] = boxCentre(box);
    this.missed = 0;
    this.streak++;
    this.#x.update(x, 1);
    this.#y.update(y, 1);
    this.#area.update(box.width * box.height, 10);
    this.#ratio.update(box.width / box.height, 10);
  }
}
