import type { Scalar, Tensor3D, Tensor4D, Variable } from '@tensorflow/tfjs';
import type { Encoder, InstructionSample, LlmHead, Projector } from '../contracts/index.js';
import { seededRandom } from '../plugin/index.js';
import { crossEntropy, linear, normalVariable, tensorflow, tidy } from '../tensor/index.js';
import type { Model } from './model.js';
import type { TrainSettings } from './train-settings.js';
import type { VisualSource } from './visual-source.js';

/** For tests: the smallest model there can be. It sees the mean colour of each time step and answers with one of the given texts. */
export function testModel(answers: readonly string[], seed = 1): Model {
  const random = seededRandom(seed);
  const dispose = (variables: Readonly<Record<string, Variable>>) => () => tensorflow().dispose(Object.values(variables));
  const colours = { weights: normalVariable(random.fork('colours'), [3, 4], 0.5) };
  const hidden = { weights: normalVariable(random.fork('hidden'), [4, 6], 0.5) };
  const words = { weights: normalVariable(random.fork('words'), [6, answers.length], 0.5) };
  const rows = (x: Tensor4D | Tensor3D, weights: Variable) => linear(tensorflow().reshape(x, [-1, x.shape.at(-1)!]), weights);
  const encoder: Encoder = {
    variables: colours,
    encode: ({ frames }) =>
      tidy(() => {
        const tf = tensorflow();
        const [clips, time] = frames.shape;
        const means = tf.mean(tf.reshape(tf.div(frames, 255), [clips * time, -1, 3]), 1) as Tensor3D;
        return { frames: tf.reshape(rows(means, colours.weights), [clips, time, 1, 4]) as Tensor4D, faces: null };
      }),
    dispose: dispose(colours),
  };
  const projector: Projector = {
    variables: hidden,
    project: ({ frames }) =>
      tidy(() => {
        const projected = tensorflow().reshape(rows(frames, hidden.weights), [frames.shape[0], frames.shape[1], 6]) as Tensor3D;
        return { sequence: projected, steps: projected.clone() };
      }),
    dispose: dispose(hidden),
  };
  const logits = (visual: Tensor3D) => linear(tensorflow().mean(visual, 1), words.weights);
  const head: LlmHead = {
    variables: words,
    prepare: (samples: readonly InstructionSample[]) => ({
      labels: { data: Int32Array.from(samples, ({ answer }) => answers.indexOf(answer)), shape: [samples.length] },
    }),
    answerTokens: ({ labels }) => labels!.data.length,
    loss: ({ labels }, visual) =>
      tidy(() => {
        const samples = visual.shape[0];
        return crossEntropy(logits(visual), labels!, tensorflow().fill([samples], 1 / samples)) as Scalar;
      }),
    generate: async (_, visual) => {
      const best = tidy(() => tensorflow().argMax(logits(visual), -1));
      const ids = await best.data();
      best.dispose();
      return [...ids].map((id) => answers[id]!);
    },
    state: () => ({ answers }),
    dispose: dispose(words),
  };
  return { encoder, projector, head };
}

export const testAnswers = [
  'At first, it is red. Then it stays. Finally it glows.',
  'At first, it is blue. Then it fades. Finally it ends.',
];

/** Red and blue clips in turn, 3 time steps of 2 x 2 pixels, with some noise. */
export function testSource(count: number): { source: VisualSource; samples: InstructionSample[]; rows: number[]; clips: string[] } {
  const random = seededRandom(9);
  const data = new Uint8Array(count * 3 * 4 * 3);
  for (let i = 0; i < data.length; i++) {
    const blue = Math.floor(i / 36) % 2;
    data[i] = (i % 3 === 2 * blue ? 200 : 30) + random.integer(25);
  }
  return {
    source: {
      count,
      batch: (indices) => {
        const pixels = indices.flatMap((index) => [...data.subarray(36 * index, 36 * (index + 1))]);
        return { frames: { data: Uint8Array.from(pixels), shape: [indices.length, 3, 2, 2, 3] } };
      },
    },
    samples: Array.from({ length: count }, (_, i) => ({ instruction: 'Which?', answer: testAnswers[i % 2]! })),
    rows: Array.from({ length: count }, (_, i) => i),
    clips: Array.from({ length: count }, (_, i) => `clip-${i}`),
  };
}

export const testSettings: TrainSettings = {
  steps: 30,
  batch: 4,
  optimizer: { name: 'adamw', 'learning-rate': 0.05, betas: [0.9, 0.98], 'weight-decay': 0.01, epsilon: 1e-8 },
  schedule: { name: 'cosine', 'warm-up': 4, final: 0.1 },
  clip: 1,
  engine: 'auto',
  'check-engine': true,
  auxiliary: { name: 'caption-words', 'steps-before': 6, weight: 0.5, scale: 10, 'max-share': 0.3 },
};
