import type { Box, Detection } from 'mienlab/contracts';
import { KalmanAxis } from 'mienlab/plugin';
import { boxCentre } from 'mienlab/video';

/** Standard deviations of places and of velocities, in heights of the box. */
const placeNoise = 1 / 20;
const velocityNoise = 1 / 160;

/** ByteTrack's state of one face: middle, aspect ratio and height with constant velocity, noise in proportion to the height. */
export class ByteTrack {
  state: 'tracked' | 'lost' = 'tracked';
  /** False until a second frame confirms it; shown only from then on. */
  confirmed: boolean;
  readonly firstFrame: number;
  lastFrame: number;
  box: Box;
  readonly #x: KalmanAxis;
  readonly #y: KalmanAxis;
  readonly #ratio: KalmanAxis;
  readonly #height: KalmanAxis;

  constructor(
    readonly id: number,
    { box }: Detection,
    frame: number,
  ) {
    const [x, y] = boxCentre(box);
    const [place, velocity] = [(2 * placeNoise * box.height) ** 2, (10 * velocityNoise * box.height) ** 2];
    this.#x = new KalmanAxis(x, place, velocity);
    this.#y = new KalmanAxis(y, place, velocity);
    this.#ratio = new KalmanAxis(box.width / box.height, 1e-2 ** 2, 1e-5 ** 2);
    this.#height = new KalmanAxis(box.height, place, velocity);
    this.box = box;
    this.firstFrame = frame;
    this.lastFrame = frame;
    this.confirmed = frame === 1;
  }

  /** Moves `box` to where the face should be in the next frame; while it is lost its height stays. */
  predict(): void {
    if (this.state === 'lost') this.#height.velocity = 0;
    const height = this.#height.value;
    const [place, velocity] = [(placeNoise * height) ** 2, (velocityNoise * height) ** 2];
    this.#x.predict(place, velocity);
    this.#y.predict(place, velocity);
    this.#ratio.predict(1e-2 ** 2, 1e-5 ** 2);
    this.#height.predict(place, velocity);
    this.#moveBox();
  }

  see({ box }: Detection, frame: number): void {
    const [x, y] = boxCentre(box);
    const place = (placeNoise * this.#height.value) ** 2;
    this.#x.update(x, place);
    this.#y.update(y, place);
    this.#ratio.update(box.width / box.height, 1e-1 ** 2);
    this.#height.update(box.height, place);
    this.#moveBox();
    this.state = 'tracked';
    this.confirmed = true;
    this.lastFrame = frame;
  }

  #moveBox(): void {
    const height = Math.max(0, this.#height.value);
    const width = Math.max(0, this.#ratio.value) * height;
    this.box = { x: this.#x.value - width / 2, y: this.#y.value - height / 2, width, height };
  }
}
