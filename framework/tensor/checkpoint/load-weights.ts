import type { Variable } from '@tensorflow/tfjs';
import { Fault, nearest } from '../../faults/index.js';
import { isNativeBackend } from '../kernels/native-backend.js';
import { tensorflow } from '../tensorflow.js';
import type { WeightSource } from '../weight-source.js';

/** Shapes of a model's weights by name. */
export type WeightShapes = Readonly<Record<string, readonly number[]>>;

/**
 * Throws Fault CHECKPOINT_INVALID with file and tensor where a source lacks a weight, has one in another shape, or has one that the model has
 * no place for; `ignored` are names that may be there all the same (buffers that older versions wrote).
 */
export function checkWeights(source: WeightSource, shapes: WeightShapes, ignored: (name: string) => boolean = () => false): void {
  const names = [...source.tensors.keys()];
  const files = source.files.join(', ');
  for (const [name, shape] of Object.entries(shapes)) {
    const stored = source.tensors.get(name);
    if (!stored) {
      throw new Fault('CHECKPOINT_INVALID', `${files}: the tensor "${name}" is missing`, {
        where: { source: source.files[0]! },
        tensor: name,
        nearest: nearest(name, names),
        hint: 'config.json and weights are not of the same model, or the checkpoint is not whole',
      });
    }
    if (stored.shape.join() !== shape.join()) {
      const file = stored.file ?? files;
      throw new Fault('CHECKPOINT_INVALID', `${file}: the tensor "${name}" is [${stored.shape.join(', ')}]`, {
        where: { source: file },
        tensor: name,
        expected: `[${shape.join(', ')}], by config.json`,
      });
    }
  }
  const surplus = names.find((name) => !Object.hasOwn(shapes, name) && !ignored(name));
  if (surplus !== undefined) {
    const file = source.tensors.get(surplus)?.file ?? files;
    throw new Fault('CHECKPOINT_INVALID', `${file}: the tensor "${surplus}" has no place in the model`, {
      where: { source: file },
      tensor: surplus,
      nearest: nearest(surplus, Object.keys(shapes)),
      hint: 'config.json and weights are not of the same model',
    });
  }
}

/** Variables with a source's values, read one after the other; check with `checkWeights` first. On a fault none is left behind. */
export function loadWeights(source: WeightSource, shapes: WeightShapes): Record<string, Variable> {
  const tf = tensorflow();
  const backend: object = tf.backend();
  const variables: Record<string, Variable> = {};
  try {
    for (const [name, shape] of Object.entries(shapes)) {
      variables[name] = tf.tidy(() => tf.variable(tf.tensor(source.read(name), shape as number[])));
      // TensorFlow takes a copy when a tensor is first used: now, else all weights are in memory twice by the first pass.
      if (isNativeBackend(backend)) backend.getInputTensorIds([variables[name]]);
    }
  } catch (error) {
    tf.dispose(variables);
    throw error;
  }
  return variables;
}
