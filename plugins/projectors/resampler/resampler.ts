import type { Tensor, Tensor4D, Variable } from '@tensorflow/tfjs';
import type { Projector, Random } from 'mienlab/contracts';
import type { VisualStream } from 'mienlab/plugin';
import {
  constantVariable,
  crossAttention,
  gelu,
  layerNorm,
  linear,
  normalVariable,
  streamProjector,
  tensorflow,
  type StreamPart,
} from 'mienlab/tensor';
import type { ResamplerPlan } from './plugin.js';

interface Norm {
  gain: Variable;
  bias: Variable;
}

/** A layer of the Perceiver resampler, pre-norm, without biases in its products. */
interface Layer {
  mediaNorm: Norm;
  queryNorm: Norm;
  queries: Variable;
  keys: Variable;
  values: Variable;
  out: Variable;
  mlpNorm: Norm;
  up: Variable;
  down: Variable;
}

/** Learned queries for frames, and others for faces. */
export function resampler(random: Random, plan: ResamplerPlan, hidden: number): Projector {
  const { streams, queries, timeEmbedding } = plan;
  const { frames, faces, order, separators } = streams;
  return streamProjector(
    random,
    {
      frames: streamPart(random.fork('frames'), frames, queries.frames, plan, hidden),
      faces: faces && streamPart(random.fork('faces'), faces, queries.faces, plan, hidden),
    },
    { hidden, order, separators, timeEmbedding },
  );
}

/**
 * Tokens come to the LLM head's width by one linear layer and, where one look takes in the whole clip, are told their time step by a learned
 * vector. In each layer the queries attend to the tokens and to themselves (Alayrac et al., 2022, figure 5), then go through an MLP of four
 * times the width; a layer norm ends it.
 */
function streamPart(
  random: Random,
  stream: VisualStream,
  queries: number,
  { over, depth, heads }: ResamplerPlan,
  hidden: number,
): StreamPart {
  const product = (source: Random, name: string, from: number, to: number, scale = 1) =>
    normalVariable(source.fork(name), [from, to], scale / Math.sqrt(from));
  const norm = (): Norm => ({ gain: constantVariable([hidden], 1), bias: constantVariable([hidden], 0) });
  // Layers that add to the residual stream start smaller (Radford et al., 2019, section 2.3).
  const residual = 1 / Math.sqrt(2 * depth);
  const latents = normalVariable(random.fork('latents'), [queries, hidden], 1);
  const inward = product(random, 'inward', stream.width, hidden);
  const inwardBias = constantVariable([hidden], 0);
  const places = over === 'clip' ? normalVariable(random.fork('places'), [stream.time, hidden], 0.5) : null;
  const layers = Array.from({ length: depth }, (_, i): Layer => {
    const source = random.fork(`layers.${i}`);
    return {
      mediaNorm: norm(),
      queryNorm: norm(),
      queries: product(source, 'queries', hidden, hidden),
      keys: product(source, 'keys', hidden, hidden),
      values: product(source, 'values', hidden, hidden),
      out: product(source, 'out', hidden, hidden, residual),
      mlpNorm: norm(),
      up: product(source, 'up', hidden, 4 * hidden),
      down: product(source, 'down', 4 * hidden, hidden, residual),
    };
  });
  const last = norm();

  function attend(x: Tensor, media: Tensor, layer: Layer, batch: number, tokens: number): Tensor {
    const tf = tensorflow();
    const query = layerNorm(x, layer.queryNorm.gain, layer.queryNorm.bias);
    const apart = (rows: Tensor, count: number) => tf.reshape(rows, [batch, count, hidden]);
    const seen = layerNorm(media, layer.mediaNorm.gain, layer.mediaNorm.bias);
    const all = tf.reshape(tf.concat([apart(seen, tokens), apart(query, queries)], 1), [batch * (tokens + queries), hidden]);
    const shape = { batch, queries, keys: tokens + queries, heads };
    return linear(crossAttention(linear(query, layer.queries), linear(all, layer.keys), linear(all, layer.values), shape), layer.out);
  }

  return {
    variables: {
      latents,
      inward,
      inwardBias,
      ...(places && { places }),
      ...Object.fromEntries(
        layers.flatMap((layer, i) => Object.entries(flat(layer)).map(([name, value]) => [`layers.${i}.${name}`, value])),
      ),
      ...flat({ last }),
    },
    steps: over === 'clip' ? 1 : stream.time,
    tokens: queries,
    project(given: Tensor4D) {
      const tf = tensorflow();
      const [clips, time, patches, width] = given.shape;
      const batch = over === 'clip' ? clips : clips * time;
      const tokens = over === 'clip' ? time * patches : patches;
      const wide = linear(tf.reshape(given, [clips * time * patches, width]), inward, inwardBias);
      const media: Tensor = places
        ? tf.reshape(tf.add(tf.reshape(wide, [clips, time, patches, hidden]), tf.reshape(places, [time, 1, hidden])), [-1, hidden])
        : wide;
      const start: Tensor = tf.reshape(tf.add(tf.zeros([batch, queries, hidden]), latents), [batch * queries, hidden]);
      const end = layers.reduce((x, layer) => {
        const attended = tf.add(x, attend(x, media, layer, batch, tokens));
        const inner = gelu(linear(layerNorm(attended, layer.mlpNorm.gain, layer.mlpNorm.bias), layer.up));
        return tf.add(attended, linear(inner, layer.down));
      }, start);
      return layerNorm(end, last.gain, last.bias);
    },
  };
}

/** Variables and norms by name: `queryNorm.gain`. */
function flat(parts: object): Record<string, Variable> {
  return Object.fromEntries(
    Object.entries(parts as Record<string, Variable | Norm>).flatMap(([name, part]) =>
      'gain' in part
        ? [
            [`${name}.gain`, part.gain],
            [`${name}.bias`, part.bias],
          ]
        : [[name, part]],
    ),
  );
}
