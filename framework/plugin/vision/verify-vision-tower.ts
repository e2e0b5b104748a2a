import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs';
import type { Comparison, GoldenFolder, HostArray } from '../../contracts/index.js';
import { Fault } from '../../faults/index.js';
import { kernels, safetensorsSource, tensorflow, tidy, VisionTower } from '../../tensor/index.js';
import { Comparisons } from '../golden/comparisons.js';
import { GoldenValues } from '../golden/golden-values.js';
import { readVisionSpec, type VisionFamily } from './vision-family.js';

/** Several times what float32 and float64 differ by in the reference implementation itself. */
const tolerances = { activations: 5e-5, loss: 1e-5, gradients: 5e-5, nothing: 1e-6 } as const;

/** Softmax does not change where all keys move alike: the gradient is 0 but for rounding. */
const keyBias = /(^|\.)(k_proj|key)\.bias$/;

/** Everything that a folder of a vision tower has reference values for: hidden states, pooled token, loss, gradients, and another size of image. */
export async function verifyVisionTower(folder: GoldenFolder, family: VisionFamily): Promise<Comparison[]> {
  const golden = new GoldenValues(folder);
  const comparisons = new Comparisons(golden.float32Errors());
  const tower = loadTower(folder.folder, family, { pooler: golden.hasTensor('pooler_output') });
  try {
    await verifyStates(tower, golden, comparisons);
    if (golden.has('loss_mean_of_last_hidden_times_weight')) await verifyGradients(tower, golden, comparisons, family);
    const other = 'other_size.last_hidden_state';
    if (golden.hasTensor(other)) {
      const { last } = states(tower, golden.tensor('other_size.pixel_values'));
      comparisons.activations(other, await last.data(), golden.tensor(other).data, tolerances.activations);
      last.dispose();
    }
  } finally {
    tower.dispose();
  }
  return comparisons.list;
}

/** One hidden state [image, token, hidden] of normalised pixels [image, colour, height, width]; `layer` counts as transformers' hidden_states. */
export async function visionStates(folder: string, family: VisionFamily, pixels: HostArray, layer: number): Promise<HostArray> {
  const tower = loadTower(folder, family, { pooler: false });
  const wanted = layer < 0 ? tower.spec.layers + 1 + layer : layer;
  const state = tidy(() => {
    let found: Tensor | undefined;
    forward(tower, tensorflow().tensor(pixels.data, pixels.shape as number[], 'float32'), (index, x) => {
      if (index === wanted) found = tensorflow().clone(x);
    });
    return found ?? null;
  });
  tower.dispose();
  if (!state) throw new Fault('CHECKPOINT_INVALID', `${folder} has no hidden state ${layer}`, { where: { source: folder } });
  const data = (await state.data()) as Float32Array;
  const images = pixels.shape[0]!;
  const { hidden } = tower.spec;
  state.dispose();
  return { data, shape: [images, data.length / images / hidden, hidden] };
}

function loadTower(folder: string, family: VisionFamily, { pooler }: { pooler: boolean }): VisionTower {
  const spec = readVisionSpec(folder, family);
  return VisionTower.load(spec, { layers: spec.layers, norm: true, pooler }, safetensorsSource(folder), family.rename ?? ((name) => name));
}

/** Pixels as torch has them, [image, colour, height, width]. */
function forward(tower: VisionTower, pixels: Tensor, onState?: (index: number, state: Tensor) => void) {
  const { patches, grid } = tower.patches(tensorflow().transpose(pixels, [0, 2, 3, 1]));
  return { x: tower.forward(patches, grid, onState), grid };
}

function states(tower: VisionTower, { shape, data }: { shape: readonly number[]; data: Float32Array }) {
  const tf = tensorflow();
  return tidy(() => {
    const hidden: Tensor[] = [];
    const { x, grid } = forward(tower, tf.tensor(data, shape as number[]), (index, state) => void (hidden[index] = tf.clone(state)));
    const last = tower.last(x);
    return { hidden, last, pooled: tower.extent.pooler ? tower.pooled(last, grid) : null };
  });
}

async function verifyStates(tower: VisionTower, golden: GoldenValues, comparisons: Comparisons): Promise<void> {
  const { hidden, last, pooled } = states(tower, golden.tensor('pixel_values'));
  for (const key of golden.tensorNames('hidden_states.')) {
    const state = hidden.at(Number(key.slice('hidden_states.'.length)));
    if (!state) throw golden.invalid(key, 'the model has no such hidden state');
    comparisons.activations(key, await state.data(), golden.tensor(key).data, tolerances.activations);
  }
  comparisons.activations('last_hidden_state', await last.data(), golden.tensor('last_hidden_state').data, tolerances.activations);
  if (pooled) comparisons.activations('pooler_output', await pooled.data(), golden.tensor('pooler_output').data, tolerances.activations);
  tensorflow().dispose([...hidden, last, ...(pooled ? [pooled] : [])]);
}

/** The mean of last_hidden_state times given weights, and its gradients: the norms of all, the pixels' and the named ones whole. */
async function verifyGradients(
  tower: VisionTower,
  golden: GoldenValues,
  comparisons: Comparisons,
  { rename }: VisionFamily,
): Promise<void> {
  const tf = tensorflow();
  const { shape, data } = golden.tensor('pixel_values');
  const pixels = tf.tidy(() => tf.variable(tf.tensor(data, shape as number[])));
  const norms = golden.part('grad_norms');
  const names = norms ? norms.keys() : [];
  const variables = new Map<string, Variable>(names.map((name) => [name, variableOf(name)]));
  function variableOf(name: string): Variable {
    const variable = tower.variables[rename ? rename(name) : name];
    if (!variable) throw golden.invalid(`grad_norms.${name}`, 'the model has no such weight');
    return variable;
  }
  const { value, grads } = tf.variableGrads(() => {
    const last = tower.last(forward(tower, pixels).x);
    return tf.mean(tf.mul(last, tf.reshape(tf.tensor(golden.tensor('loss_weight').data), last.shape))) as Scalar;
  }, [pixels, ...variables.values()]);
  try {
    const expected = golden.number('loss_mean_of_last_hidden_times_weight');
    comparisons.absolute('loss_mean_of_last_hidden_times_weight', await value.data(), [expected], tolerances.loss);
    for (const [name, variable] of variables) {
      const squares = kernels().sumOfSquares([grads[variable.name]!]);
      const norm = [Math.sqrt((await squares.data())[0]!)];
      squares.dispose();
      if (keyBias.test(name)) comparisons.absolute(`grad_norms.${name}`, norm, [norms!.number(name)], tolerances.nothing);
      else comparisons.relative(`grad_norms.${name}`, norm, [norms!.number(name)], tolerances.gradients);
    }
    if (golden.hasTensor('grad_pixel_values')) await whole('grad_pixel_values', pixels);
    for (const key of golden.tensorNames('grad.')) await whole(key, variableOf(key.slice('grad.'.length)));
  } finally {
    tf.dispose([value, ...Object.values(grads), pixels]);
  }

  async function whole(key: string, variable: Variable): Promise<void> {
    comparisons.relative(key, await grads[variable.name]!.data(), golden.tensor(key).data, tolerances.gradients);
  }
}
