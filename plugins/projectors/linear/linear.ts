import type { Projector, Random } from 'mienlab/contracts';
import { constantVariable, linear, normalVariable, patchPart, streamProjector, type RowLayer } from 'mienlab/tensor';
import type { LinearPlan } from './plugin.js';

/** One linear layer over every token. */
export function linearProjector(random: Random, { streams, pooling, share, timeEmbedding }: LinearPlan, hidden: number): Projector {
  const { frames, faces, order, separators } = streams;
  const layer = rowLayer(random.fork('frames'), frames.width, hidden);
  const faceLayer = () => (share ? layer : rowLayer(random.fork('faces'), faces!.width, hidden));
  return streamProjector(
    random,
    { frames: patchPart(layer, frames, pooling.frames), faces: faces && patchPart(faceLayer(), faces, pooling.faces) },
    { hidden, order, separators, timeEmbedding },
  );
}

function rowLayer(random: Random, width: number, hidden: number): RowLayer {
  const weights = normalVariable(random.fork('weights'), [width, hidden], 1 / Math.sqrt(width));
  const bias = constantVariable([hidden], 0);
  return { variables: { weights, bias }, apply: (rows) => linear(rows, weights, bias) };
}
