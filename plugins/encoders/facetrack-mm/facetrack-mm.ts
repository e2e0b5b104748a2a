import type { Tensor4D, Tensor5D, Variable } from '@tensorflow/tfjs';
import type { Encoder, HostArray, Random, Variables, VisualBytes, VisualFeatures, VisualInput, VisualTokens } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import { normalVariable, poolGrid, tensorflow, tidy, toTensors } from 'mienlab/tensor';
import { faceThere, pickFaces, pickSteps, spreadSteps } from './pick-steps.js';
import type { FacetrackMmPlan } from './plugin.js';

interface Encoders {
  frames: Encoder;
  /** Null where the encoder of frames sees faces too, or there are none. */
  faces: Encoder | null;
}

const prefixed = (prefix: string, variables: Variables): Variables =>
  Object.fromEntries(Object.entries(variables).map(([name, variable]) => [`${prefix}.${name}`, variable]));

/** Frames through one encoder, the principal face's crops through another or the same, each thinned out to its budget. */
export class FacetrackMm implements Encoder {
  readonly variables: Variables;
  /** There where one of the encoders computes elsewhere; `encode` cannot be called then. */
  readonly extract?: (input: VisualBytes) => Promise<VisualFeatures>;
  /** [token, width]: what stands for a face that is not there. */
  readonly #missing: Variable | null;

  /** Throws Fault CONFIG_VALUE where one encoder computes elsewhere and something beside it is to be trained. */
  constructor(
    random: Random,
    private readonly plan: FacetrackMmPlan,
    private readonly encoders: Encoders,
  ) {
    const { faces, withoutFace } = plan;
    this.#missing = faces && withoutFace === 'learned' ? normalVariable(random.fork('no-face'), [faces.tokens, faces.width], 0.02) : null;
    this.variables = {
      ...prefixed('frame-encoder', encoders.frames.variables),
      ...(encoders.faces && prefixed('face-encoder', encoders.faces.variables)),
      ...(this.#missing && { 'no-face': this.#missing }),
    };
    if (!encoders.frames.extract && !encoders.faces?.extract) return;
    const [trained] = Object.keys(this.variables);
    if (trained !== undefined) {
      const option = encoders.frames.extract ? 'frame-encoder' : 'face-encoder';
      this.dispose();
      throw new Fault('CONFIG_VALUE', `${option} computes outside the training step, and "${trained}" beside it is trained`, {
        key: `encoder.${option}`,
        hint: 'freeze the other encoder too (and leave without-face: learned), or take one that computes in the step',
      });
    }
    this.extract = (input) => this.#extract(input);
  }

  encode(input: VisualInput): VisualTokens {
    return tidy(() => {
      const { frames, faces, there } = this.#seen(input);
      const other = faces && this.encoders.faces?.encode({ frames: faces, faces: null }).frames;
      const own = this.encoders.frames.encode({ frames, faces: other ? null : faces });
      return this.#budgeted(own.frames, other ?? own.faces, there);
    });
  }

  dispose(): void {
    this.encoders.frames.dispose();
    this.encoders.faces?.dispose();
    this.#missing?.dispose();
  }

  /** The images that the encoders are to see, and where there is a face. */
  #seen({ frames, faces }: VisualInput): { frames: Tensor5D; faces: Tensor5D | null; there: Tensor4D | null } {
    const { frames: ofFrames, faces: ofFaces, withoutFace } = this.plan;
    const some = pickSteps(frames, spreadSteps(ofFrames.count, ofFrames.steps));
    if (!faces || !ofFaces) return { frames: some, faces: null, there: null };
    const crops = withoutFace === 'skip' ? pickFaces(faces, ofFaces.steps) : pickSteps(faces, spreadSteps(ofFaces.count, ofFaces.steps));
    const there = this.#missing && (tensorflow().reshape(faceThere(crops), [faces.shape[0], ofFaces.steps, 1, 1]) as Tensor4D);
    return { frames: some, faces: crops, there };
  }

  #budgeted(frames: Tensor4D, faces: Tensor4D | null, there: Tensor4D | null): VisualTokens {
    const tf = tensorflow();
    const pooled = (tokens: Tensor4D, { pooling }: { pooling: Parameters<typeof poolGrid>[1] | null }) => {
      return pooling ? poolGrid(tokens, pooling) : tokens;
    };
    const seen = faces && pooled(faces, this.plan.faces!);
    const known = seen && there && this.#missing ? tf.add(tf.mul(seen, there), tf.mul(this.#missing, tf.sub(1, there))) : seen;
    return { frames: pooled(frames, this.plan.frames), faces: known as Tensor4D | null };
  }

  async #extract({ frames, faces }: VisualBytes): Promise<VisualFeatures> {
    const given = tidy(() => {
      const { frames: pixels, faces: crops } = toTensors({ frames, ...(faces && { faces }) });
      const seen = this.#seen({ frames: pixels as Tensor5D, faces: (crops as Tensor5D | undefined) ?? null });
      return { frames: seen.frames, ...(seen.faces && { faces: seen.faces }) };
    });
    const [seenFrames, seenFaces] = [await bytesOf(given.frames), given.faces ? await bytesOf(given.faces) : null];
    const other = this.encoders.faces && seenFaces ? await tokensOf(this.encoders.faces, { frames: seenFaces, faces: null }) : null;
    const own = await tokensOf(this.encoders.frames, { frames: seenFrames, faces: other ? null : seenFaces });
    const tokens = tidy(() => {
      const tensors = toTensors({ frames: own.frames, ...((other?.frames ?? own.faces) && { faces: (other?.frames ?? own.faces)! }) });
      return this.#budgeted(tensors['frames'] as Tensor4D, (tensors['faces'] as Tensor4D | undefined) ?? null, null);
    });
    return { frames: await floatsOf(tokens.frames), faces: tokens.faces && (await floatsOf(tokens.faces)) };
  }
}

async function tokensOf(encoder: Encoder, input: VisualBytes): Promise<VisualFeatures> {
  if (encoder.extract) return encoder.extract(input);
  const { frames, faces } = tidy(() => {
    const tensors = toTensors({ frames: input.frames, ...(input.faces && { faces: input.faces }) });
    return encoder.encode({ frames: tensors['frames'] as Tensor5D, faces: (tensors['faces'] as Tensor5D | undefined) ?? null });
  });
  return { frames: await floatsOf(frames), faces: faces && (await floatsOf(faces)) };
}

/** A tensor's values, and frees it. */
async function floatsOf(tensor: Tensor4D | Tensor5D): Promise<HostArray> {
  const data = (await tensor.data()) as Float32Array;
  tensor.dispose();
  return { data, shape: tensor.shape };
}

async function bytesOf(pixels: Tensor5D): Promise<HostArray> {
  const { data, shape } = await floatsOf(pixels);
  return { data: Uint8Array.from(data), shape };
}
