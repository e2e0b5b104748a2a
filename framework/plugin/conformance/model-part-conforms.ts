import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs';
import * as assert from 'uvu/assert';
import type { ModelPart } from '../../contracts/index.js';
import { chooseBackend, loadBackend } from '../../tensor/backend/index.js';
import { tensorflow, tidy, useTensorflow } from '../../tensor/index.js';

/** Makes the best backend of this machine the current one, for suites that compute. */
export async function withBackend(): Promise<void> {
  useTensorflow(await loadBackend(await chooseBackend({ backend: 'auto' })));
}

/** Largest absolute gradient of each variable of a part, under a loss; -1 where none reaches it. */
export function gradientSizes(part: ModelPart, loss: () => Scalar): Record<string, number> {
  const tf = tensorflow();
  return tidy(() => {
    const { grads } = tf.variableGrads(loss, Object.values(part.variables) as Variable[]);
    return Object.fromEntries(
      Object.entries(part.variables).map(([name, variable]) => {
        const gradient = grads[variable.name];
        return [name, gradient ? tf.max(tf.abs(gradient)).dataSync()[0]! : -1];
      }),
    );
  });
}

/** Sum of tensors times weights that differ from place to place, so that no gradient cancels out. */
export function mixed(...tensors: (Tensor | null)[]): Scalar {
  const tf = tensorflow();
  const sums = tensors
    .filter((tensor) => tensor !== null)
    .map((tensor) => tf.sum(tf.mul(tensor, tf.reshape(tf.sin(tf.range(1, tensor.size + 1, 1)), tensor.shape))));
  return sums.reduce((sum, term) => tf.add(sum, term)) as Scalar;
}

/** The variables' values: what must come back after a save and a restore. */
export function weightsOf(part: ModelPart): Record<string, number[]> {
  return Object.fromEntries(Object.entries(part.variables).map(([name, variable]) => [name, [...variable.dataSync()]]));
}

export function copyWeights(from: ModelPart, to: ModelPart): void {
  assert.equal(Object.keys(to.variables), Object.keys(from.variables));
  for (const [name, variable] of Object.entries(to.variables)) variable.assign(from.variables[name]!);
}

/** Runs `work` until constants of the backend are made, then asserts that it leaves no tensor behind. */
export async function assertNoLeak(work: () => unknown): Promise<void> {
  const tf = tensorflow();
  for (let round = 0; round < 2; round++) tf.dispose((await work()) as never);
  const before = tf.memory().numTensors;
  for (let round = 0; round < 3; round++) tf.dispose((await work()) as never);
  assert.is(tf.memory().numTensors, before, 'tensors are left behind');
}
