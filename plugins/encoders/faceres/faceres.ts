import type { GraphModel, Tensor, Tensor4D, Tensor5D } from '@tensorflow/tfjs';
import type { Encoder, VisualInput, VisualTokens } from 'mienlab/contracts';
import { keptPackagePath, openGraphModel, tensorflow, tidy } from 'mienlab/tensor';
import { networks, type FaceNetwork, type FaceNetworkName } from './networks.js';

/** A face network's descriptor of every image as its one token. */
export class FaceDescriptor implements Encoder {
  readonly perImage = true;
  readonly variables = {};

  private constructor(
    private readonly model: GraphModel,
    private readonly network: FaceNetwork,
  ) {}

  /** Throws Fault ASSET_MISSING where the networks have not been set up. */
  static async open(name: FaceNetworkName): Promise<FaceDescriptor> {
    const [json, weights] = ['json', 'bin'].map((end) => keptPackagePath('human-models', 'models', `${name}.${end}`));
    return new FaceDescriptor(await openGraphModel(json!, weights!), networks[name]);
  }

  encode({ frames, faces }: VisualInput): VisualTokens {
    return tidy(() => ({ frames: this.#tokens(frames), faces: faces && this.#tokens(faces) }));
  }

  dispose(): void {
    this.model.dispose();
  }

  #tokens(images: Tensor5D): Tensor4D {
    const tf = tensorflow();
    const { side, width, output, shift, scale } = this.network;
    const [clips, time] = images.shape;
    const flat = tf.reshape(images, [clips * time, side, side, 3]);
    const input = shift === 0 && scale === 1 ? flat : tf.mul(tf.sub(flat, shift), scale);
    return tf.reshape(this.model.execute(input, output) as Tensor, [clips, time, 1, width]);
  }
}
