import type { GraphModel, Tensor, Tensor4D, Tensor5D } from '@tensorflow/tfjs';
import type { Encoder, VisualInput, VisualTokens } from 'mienlab/contracts';
import { keptPackagePath, openGraphModel, tensorflow, tidy } from 'mienlab/tensor';
import { emotions, side } from './emotions.js';

const nodes = { probabilities: 'Identity', logits: 'StatefulPartitionedCall/model_1/global_average_pooling2d_1/Mean' };

/** Brightness of red, green and blue, ITU-R BT.601 as Human (emotion.ts) rounds it. */
const grey = [0.2989, 0.587, 0.114];

/** The small Xception of Arriaga et al. (2017): its view of every image as the image's one token. */
export class FaceEmotion implements Encoder {
  readonly perImage = true;
  readonly variables = {};

  private constructor(
    private readonly model: GraphModel,
    private readonly output: keyof typeof nodes,
  ) {}

  /** Throws Fault ASSET_MISSING where the network has not been set up. */
  static async open(output: keyof typeof nodes): Promise<FaceEmotion> {
    const [json, weights] = ['json', 'bin'].map((end) => keptPackagePath('human-models', 'models', `emotion.${end}`));
    return new FaceEmotion(await openGraphModel(json!, weights!), output);
  }

  encode({ frames, faces }: VisualInput): VisualTokens {
    return tidy(() => ({ frames: this.#tokens(frames), faces: faces && this.#tokens(faces) }));
  }

  dispose(): void {
    this.model.dispose();
  }

  #tokens(images: Tensor5D): Tensor4D {
    const tf = tensorflow();
    const [clips, time] = images.shape;
    const flat = tf.reshape(images, [clips * time, side, side, 3]);
    const brightness = tf.sum(tf.mul(flat, tf.tensor1d(grey)), 3, true);
    const input = tf.sub(tf.mul(brightness, 2 / 255), 1);
    return tf.reshape(this.model.execute(input, nodes[this.output]) as Tensor, [clips, time, 1, emotions.length]);
  }
}
