import { join } from 'node:path';
import type { Tensor, Variable } from '@tensorflow/tfjs';
import type { VerifyContext } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import type { Comparisons, GoldenValues } from 'mienlab/plugin';
import { gelu, kernels, project, readConfigFields, safetensorsSource, tensorflow, tidy } from 'mienlab/tensor';
import { decoderSpec } from '../checkpoint-config.js';
import { Decoder } from '../decoder.js';
import { goldenLoss, integers, sequencesOf, type GoldenBatch } from './golden-batch.js';
import { gradientsOf } from './tuning.js';
import { tolerances } from './tolerances.js';
import { greedy } from './verify-generation.js';
import { spliceOrder } from './verify-splice.js';

/** A linear layer and its place in torch's nn.Sequential. */
type Layer = Record<'weight' | 'bias', Variable> & { place: number };

/**
 * A chain of LLaVA's: frames through a vision tower (by its encoder), a projector of linear layers with GELU between them, and a decoder in whose
 * text the result takes the place of one token. Tower and decoder lie in folders beside this one.
 */
export async function verifyChain(
  folder: string,
  golden: GoldenValues,
  comparisons: Comparisons,
  { hiddenStates, signal }: VerifyContext,
): Promise<void> {
  if (!hiddenStates) throw new Fault('USAGE', `${folder} is a chain, whose vision tower needs an encoder`, { where: { source: folder } });
  const tf = tensorflow();
  const [towerFolder, decoderFolder] = (['vision', 'lm'] as const).map((key) => join(folder, '..', golden.text(key)));
  const layer = golden.number('select_layer');
  const pixels = golden.tensor('pixel_values');
  const seen = await hiddenStates(towerFolder!, pixels, layer);
  const key = `hidden_states.${layer}`;
  if (golden.hasTensor(key)) comparisons.activations(key, seen.data, golden.tensor(key).data, tolerances.activations);
  const width = seen.shape[2]!;
  const rows = tf.tensor2d(seen.data as Float32Array, [seen.data.length / width, width]);
  const decoder = Decoder.load(decoderSpec(readConfigFields(decoderFolder!)), safetensorsSource(decoderFolder!));
  const layers = projector(golden);
  try {
    await compare(decoder, rows, layers, { golden, comparisons, signal });
  } finally {
    decoder.dispose();
    tf.dispose([rows, ...layers.flatMap(({ weight, bias }) => [weight, bias])]);
  }
}

/** Its linear layers in order; between them is GELU. */
function projector(golden: GoldenValues): Layer[] {
  const tf = tensorflow();
  const names = golden.tensorNames('projector.').filter((name) => name.endsWith('.weight'));
  if (names.length === 0) throw golden.invalid('projector', 'golden.safetensors holds no layer of it');
  const variable = (name: string) => {
    const { data, shape } = golden.tensor(name);
    return tf.tidy(() => tf.variable(tf.tensor(data, shape as number[])));
  };
  const places = names.map((name) => Number(name.split('.')[1])).sort((a, b) => a - b);
  return places.map((place) => ({ place, weight: variable(`projector.${place}.weight`), bias: variable(`projector.${place}.bias`) }));
}

async function compare(
  decoder: Decoder,
  rows: Tensor,
  layers: readonly Layer[],
  { golden, comparisons, signal }: { golden: GoldenValues; comparisons: Comparisons; signal: AbortSignal },
): Promise<void> {
  const tf = tensorflow();
  const ids = golden.rows('input_ids');
  const count = golden.number('num_visual_tokens');
  const imageToken = golden.number('image_token_id');
  const labels = golden.rows('labels');
  const projected = () => layers.reduce<Tensor>((x, layer, i) => project(i ? gelu(x) : x, layer), rows);
  const spliced = (text: readonly (readonly number[])[]) => {
    const order = spliceOrder(text, imageToken, count);
    const batch: GoldenBatch = {
      ids: order,
      mask: order.map((row) => row.map(() => 1)),
      labels,
      positions: order.map((row) => row.map((_, place) => place)),
    };
    return { batch, embeddings: () => decoder.splice(integers(text), projected(), integers(order)) };
  };
  const { batch, embeddings } = spliced(ids);
  const pass = tidy(() => ({
    projected: projected(),
    logits: decoder.logits(decoder.forward(embeddings(), sequencesOf(batch, false))),
  }));
  for (const [name, tensor] of Object.entries(pass)) {
    comparisons.activations(name, await tensor.data(), golden.tensor(name).data, tolerances.activations);
  }
  tf.dispose(pass);

  const variables = Object.fromEntries(
    layers.flatMap(({ place, weight, bias }) => [
      [`${place}.weight`, weight],
      [`${place}.bias`, bias],
    ]),
  );
  const { loss, gradients } = await gradientsOf(() => goldenLoss(decoder, embeddings(), sequencesOf(batch, false), labels), variables);
  comparisons.absolute('loss', [loss], [golden.number('loss')], tolerances.loss);
  const norms = golden.part('grad_norms');
  for (const [name, gradient] of gradients) {
    const squares = kernels().sumOfSquares([gradient]);
    const norm = Math.sqrt((await squares.data())[0]!);
    squares.dispose();
    if (norms?.has(name)) comparisons.relative(`grad_norms.${name}`, [norm], [norms.number(name)], tolerances.gradients);
    const key = `grad.projector.${name}`;
    if (golden.hasTensor(key)) comparisons.relative(key, await gradient.data(), golden.tensor(key).data, tolerances.gradients);
    gradient.dispose();
  }

  const generation = golden.keys().find((name) => /^generate_from_first_\d+_tokens$/.test(name));
  if (!generation) return;
  const prompt = spliced(ids.map((row) => row.slice(0, Number(generation.split('_')[3]))));
  const expected = golden.part(generation)!.rows('new_tokens');
  const length = prompt.batch.ids[0]!.length;
  const prompts = { embeddings: tf.tidy(prompt.embeddings), length, lengths: prompt.batch.ids.map(() => length) };
  const { tokens } = await greedy(decoder, prompts, expected[0]!.length, signal);
  comparisons.equal(`${generation}.new_tokens`, tokens.flat(), expected.flat());
}
