import type { Projector, Random } from 'mienlab/contracts';
import { constantVariable, gelu, linear, normalVariable, patchPart, streamProjector, type RowLayer } from 'mienlab/tensor';
import type { Mlp2xGeluPlan } from './plugin.js';

/** Linear, GELU, linear over every token; the inner layer is as wide as the LLM head’s embeddings. */
export function mlp2xGelu(random: Random, { streams, pooling, share, timeEmbedding }: Mlp2xGeluPlan, hidden: number): Projector {
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
  const up = normalVariable(random.fork('up'), [width, hidden], 1 / Math.sqrt(width));
  const upBias = constantVariable([hidden], 0);
  const down = normalVariable(random.fork('down'), [hidden, hidden], 1 / Math.sqrt(hidden));
  const downBias = constantVariable([hidden], 0);
  return { variables: { up, upBias, down, downBias }, apply: (rows) => linear(gelu(linear(rows, up, upBias)), down, downBias) };
}
