import type { Tensor, Tensor3D, Tensor4D, Variable } from '@tensorflow/tfjs';
import type { Projector, Random, TokenOrder, Variables, VisualEmbeddings } from '../../contracts/index.js';
import { rmsNorm } from '../ops/rms-norm.js';
import { tensorflow } from '../tensorflow.js';
import { tidy } from '../tidy.js';
import { constantVariable, normalVariable } from '../variables.js';

/** What a projector does with the tokens of one kind. */
export interface StreamPart {
  variables: Variables;
  /** It gives `tokens` embeddings for each of `steps` time steps. */
  steps: number;
  tokens: number;
  /** [clip, time, token, width] to [clip * steps * tokens, hidden], in this order. */
  project(tokens: Tensor4D): Tensor;
}

export interface StreamProjectorOptions {
  hidden: number;
  order: TokenOrder;
  /** Whether a learned vector stands before each run of embeddings of one kind. */
  separators: boolean;
  /**
   * A root mean square norm and, on top, a learned vector for each place in time, for LLM heads that give what is shown no positions. What is
   * shown then has size 1, and time stands out beside it: else a small decoder learns late which part of a clip an embedding belongs to.
   */
  timeEmbedding: boolean;
}

interface Stream extends StreamPart {
  own: { norm?: Variable; time?: Variable; separator?: Variable };
}

/**
 * A projector whose frames and faces go separate ways and are then put into one sequence. Variables are called `frames.…` and `faces.…`.
 * Faces that share the frames' variables (the same objects) are counted once.
 */
export function streamProjector(
  random: Random,
  streams: { frames: StreamPart; faces: StreamPart | null },
  options: StreamProjectorOptions,
): Projector {
  const { hidden, order, separators, timeEmbedding } = options;
  const stream = (part: StreamPart, source: Random): Stream => ({
    ...part,
    own: {
      ...(timeEmbedding && {
        norm: constantVariable([hidden], 1),
        time: normalVariable(source.fork('time'), [part.steps, part.tokens * hidden], 0.5),
      }),
      ...(separators && { separator: normalVariable(source.fork('separator'), [hidden], 1) }),
    },
  });
  const frames = stream(streams.frames, random.fork('frames'));
  const faces = streams.faces && stream(streams.faces, random.fork('faces'));
  const variables = { ...named('frames', frames), ...(faces && named('faces', faces, Object.values(frames.variables))) };

  /** [clip, steps, tokens, hidden]. */
  function embeddings({ steps, tokens, project, own }: Stream, given: Tensor4D): Tensor4D {
    const tf = tensorflow();
    const clips = given.shape[0];
    const rows = project(given);
    if (!own.norm) return tf.reshape(rows, [clips, steps, tokens, hidden]);
    const normal = tf.reshape(rmsNorm(rows, own.norm), [clips, steps, tokens * hidden]);
    return tf.reshape(tf.add(normal, own.time!), [clips, steps, tokens, hidden]);
  }

  /** The sequence of one stream with its separators: one run of it all, [clip, 1, token, hidden], or one a time step. */
  function runs({ steps, tokens, own }: Stream, given: Tensor4D, byStep: boolean): Tensor4D {
    const tf = tensorflow();
    const clips = given.shape[0];
    const run = byStep ? given : (tf.reshape(given, [clips, 1, steps * tokens, hidden]) as Tensor4D);
    if (!own.separator) return run;
    return tf.concat([tf.add(tf.zeros([clips, run.shape[1], 1, hidden]), own.separator), run], 2) as Tensor4D;
  }

  function project(given: { frames: Tensor4D; faces: Tensor4D | null }): VisualEmbeddings {
    const tf = tensorflow();
    const clips = given.frames.shape[0];
    const shown = embeddings(frames, given.frames);
    const face = faces && given.faces && { stream: faces, shown: embeddings(faces, given.faces) };
    const byStep = order === 'interleaved' && face !== null;
    const parts = [runs(frames, shown, byStep), ...(face ? [runs(face.stream, face.shown, byStep)] : [])];
    if (order === 'faces-first') parts.reverse();
    const all = parts.length === 1 ? parts[0]! : tf.concat(parts, 2);
    const steps = face ? face.shown : shown;
    return {
      sequence: tf.reshape(all, [clips, all.shape[1]! * all.shape[2]!, hidden]) as Tensor3D,
      steps: (steps.shape[2] === 1 ? tf.reshape(steps, [clips, steps.shape[1], hidden]) : tf.mean(steps, 2)) as Tensor3D,
    };
  }

  return {
    variables,
    project: (tokens) => tidy(() => project(tokens)),
    dispose: () => tensorflow().dispose(Object.values(variables)),
  };
}

function named(prefix: string, { variables, own }: Stream, known: readonly Variable[] = []): Variables {
  const all = Object.entries({ ...variables, ...own }).filter(([, variable]) => !known.includes(variable));
  return Object.fromEntries(all.map(([name, variable]) => [`${prefix}.${name}`, variable]));
}
