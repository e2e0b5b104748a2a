import type { OnnxPlan } from './onnx-plan.js';
import type { OnnxOptions } from './options.js';

/** Writes images, bytes [image, height, width, 3] in RGB, as the model wants them. */
export class ImageTensor {
  readonly dims: number[];
  /** By channel of the model: what a byte of it becomes. */
  readonly #tables: Float32Array[];
  /** By channel of the model: which of red, green, blue it is. */
  readonly #sources: readonly number[];

  constructor(
    private readonly input: OnnxPlan['input'],
    options: Pick<OnnxOptions, 'channels' | 'rescale-factor' | 'image-mean' | 'image-std'>,
  ) {
    const { layout, height, width, type } = input;
    this.dims = layout === 'nchw' ? [3, height, width] : [height, width, 3];
    this.#sources = options.channels === 'rgb' ? [0, 1, 2] : [2, 1, 0];
    const normal = (byte: number, colour: number) =>
      (byte * options['rescale-factor'] - options['image-mean'][colour]!) / options['image-std'][colour]!;
    // A model that takes bytes does the rest itself.
    this.#tables = this.#sources.map((colour) =>
      Float32Array.from({ length: 256 }, (_, byte) => (type === 'uint8' ? byte : normal(byte, colour))),
    );
  }

  /** `count` images from the `first` on; `size` images are made room for, those beyond `count` stay zero. */
  fill(bytes: ArrayLike<number>, first: number, count: number, size: number): Float32Array | Uint8Array {
    const { layout, height, width, type } = this.input;
    const area = height * width;
    const out = type === 'uint8' ? new Uint8Array(size * area * 3) : new Float32Array(size * area * 3);
    const [step, gap] = layout === 'nchw' ? [1, area] : [3, 1];
    for (let channel = 0; channel < 3; channel++) {
      const table = this.#tables[channel]!;
      const source = this.#sources[channel]!;
      for (let image = 0; image < count; image++) {
        const from = (first + image) * area * 3 + source;
        const to = image * area * 3 + channel * gap;
        for (let pixel = 0; pixel < area; pixel++) out[to + pixel * step] = table[bytes[from + pixel * 3]!]!;
      }
    }
    return out;
  }
}
