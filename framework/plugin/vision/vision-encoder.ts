import type { Tensor, Tensor4D, Tensor5D, Variable } from '@tensorflow/tfjs';
import type { Encoder, PluginContext, Variables, VisualInput, VisualTokens } from '../../contracts/index.js';
import { Fault } from '../../faults/index.js';
import { attachAdapter, initialAdapter, safetensorsSource, tensorflow, tidy, VisionTower, visionWeightShapes } from '../../tensor/index.js';
import type { VisionFamily } from './vision-family.js';
import { visionLora, visionPlan, type VisionOptions, type VisionPlan } from './vision-options.js';

/** Tokens that go through a frozen tower at once: more take memory and no less time. */
const tokensAtOnce = 4096;

/** A pretrained vision tower over frames, and the same over face crops. Pixels 0..255 are normalised here. */
export class VisionEncoder implements Encoder {
  readonly perImage = true;
  readonly variables: Variables;

  private constructor(
    private readonly name: string,
    private readonly tower: VisionTower,
    private readonly plan: VisionPlan,
    private readonly options: VisionOptions,
    adapter: Variables | null,
  ) {
    this.variables = adapter ?? (options.trainable ? tower.variables : {});
  }

  /** Throws as `visionPlan` does, and Fault ASSET_MISSING or CHECKPOINT_INVALID where the weights cannot be used. */
  static create(name: string, family: VisionFamily, { random, resolve, log }: PluginContext, options: VisionOptions): VisionEncoder {
    const plan = visionPlan(name, family, options, resolve);
    const { spec, extent, folder } = plan;
    const lora = visionLora(name, options);
    const adapter = lora && initialAdapter(visionWeightShapes(spec, extent), lora, random.fork('lora'));
    const source = safetensorsSource(folder);
    const tower = VisionTower.load(spec, extent, source, family.rename ?? ((same) => same));
    log.info(`${name}, ${extent.layers} of ${spec.layers} layers of width ${spec.hidden}, from ${source.files.join(', ')}`);
    return new VisionEncoder(name, tower, plan, options, adapter && attachAdapter(tower, adapter));
  }

  /** Throws Fault TENSOR_SHAPE where images have other sizes than the manifest says. */
  encode(input: VisualInput): VisualTokens {
    const { frame, face } = this.plan.input;
    return tidy(() => ({
      frames: this.#tokens(input.frames, frame, 'frames'),
      faces: input.faces && this.#tokens(input.faces, face, 'faces'),
    }));
  }

  dispose(): void {
    tensorflow().dispose(this.variables as Record<string, Variable>);
    this.tower.dispose();
  }

  #tokens(images: Tensor5D, { height, width }: { height: number; width: number }, what: string): Tensor4D {
    const tf = tensorflow();
    const [clips, time, ...sides] = images.shape;
    if (sides.join() !== `${height},${width},3`) {
      throw new Fault('TENSOR_SHAPE', `encoder ${this.name}: ${what} are [${images.shape.join(', ')}]`, {
        expected: `[clip, time, ${height}, ${width}, 3]`,
      });
    }
    const flat = tf.reshape(images, [clips * time, height, width, 3]);
    const atOnce = Math.max(1, Math.floor(tokensAtOnce / this.tower.tokens(this.#grid(height, width))));
    // Where gradients pass through, everything is kept for them anyhow.
    const frozen = Object.keys(this.variables).length === 0;
    const parts = frozen && clips * time > atOnce ? Math.ceil((clips * time) / atOnce) : 1;
    const encoded =
      parts === 1
        ? this.#encoded(flat)
        : tf.concat(
            Array.from({ length: parts }, (_, i) => {
              const count = Math.min(atOnce, clips * time - i * atOnce);
              return tf.tidy(() => this.#encoded(tf.slice(flat, [i * atOnce, 0, 0, 0], [count, height, width, 3])));
            }),
            0,
          );
    return tf.reshape(encoded, [clips, time, encoded.shape[1]!, this.plan.spec.hidden]);
  }

  #grid(height: number, width: number): { rows: number; columns: number } {
    const { patch } = this.plan.spec;
    return { rows: Math.floor(height / patch), columns: Math.floor(width / patch) };
  }

  /** [image, height, width, 3] to [image, token, hidden]. */
  #encoded(images: Tensor): Tensor {
    const tf = tensorflow();
    const { tower, options } = this;
    const { patches, grid } = tower.patches(images);
    let x = tower.forward(this.#normalised(patches), grid);
    if (options.layer === 'last') x = tower.last(x);
    if (options.select === 'pooled') return tf.reshape(tower.pooled(x, grid), [grid.images, 1, -1]);
    return options.select === 'patches' ? tower.split(x, grid).patchTokens : tf.reshape(x, [grid.images, tower.tokens(grid), -1]);
  }

  /** (pixel / 255 - mean) / std, of a patch's pixels side by side. */
  #normalised(patches: Tensor): Tensor {
    const tf = tensorflow();
    const { mean, std } = this.plan.processor;
    const width = patches.shape[1]!;
    const row = (of: (colour: number) => number) => tf.tensor1d(Float32Array.from({ length: width }, (_, i) => of(i % 3)));
    return tf.sub(
      tf.mul(
        patches,
        row((c) => 1 / (255 * std[c]!)),
      ),
      row((c) => mean[c]! / std[c]!),
    );
  }
}
