import type { Variable } from '@tensorflow/tfjs';
import { adamScalars } from './adam-scalars.js';
import type { AdamKernel } from './kernels.js';
import { attributes, type NativeBackend } from './native-backend.js';

let made = 0;

/**
 * Adam by one fused operation (ResourceApplyAdam) a variable, updating in place. The variable's buffer is lent to a resource for the step:
 * the handle that tfjs holds is deleted before, since a shared buffer would be copied, and renewed after.
 */
export function nativeAdam(backend: NativeBackend, variables: readonly Variable[]): AdamKernel {
  const { binding } = backend;
  const { type, flag, text, shape } = attributes(binding);
  const float = binding.TF_FLOAT;
  const ofDtype = [type('dtype', float)];
  const ofFloat = [type('T', float)];
  const adamAttributes = [...ofFloat, flag('use_locking', false), flag('use_nesterov', false)];
  const run = (name: string, list: typeof ofDtype, inputs: readonly number[], outputs: number) =>
    binding.executeOp(name, list, inputs, outputs)[0]?.id ?? -1;
  const idOf = (tensor: Variable) => backend.getInputTensorIds([tensor])[0]!;

  const prefix = `mienlab-adam-${made++}`;
  const resource = (name: string, of: Variable) =>
    run('VarHandleOp', [text('container', ''), text('shared_name', `${prefix}/${name}`), ...ofDtype, shape('shape', of.shape)], [], 1);
  const assign = (resource: number, of: Variable, values: Float32Array) => {
    const id = binding.createTensor(of.shape, float, values);
    run('AssignVariableOp', ofDtype, [resource, id], 0);
    binding.deleteTensor(id);
  };
  const read = async (resource: number) => {
    const tensor = backend.createOutputTensor(binding.executeOp('ReadVariableOp', ofDtype, [resource], 1)[0]!);
    const values = (await tensor.data()) as Float32Array;
    tensor.dispose();
    return values;
  };
  const slots = variables.map((variable, i) => {
    const slot = { weights: resource(`weights-${i}`, variable), m: resource(`m-${i}`, variable), v: resource(`v-${i}`, variable) };
    // A buffer of its own each: the kernel would copy a shared one.
    for (const moment of [slot.m, slot.v]) assign(moment, variable, new Float32Array(variable.size));
    return slot;
  });

  return {
    apply(gradients, { learningRate, keep, beta1, beta2, epsilon, gradientScale, updates }) {
      const numbers = new Map<number, number>();
      const number = (value: number) => {
        let id = numbers.get(value);
        if (id === undefined) numbers.set(value, (id = binding.createTensor([], float, Float32Array.of(value))));
        return id;
      };
      slots.forEach((slot, i) => {
        const given = gradients[i];
        if (!given) return;
        const variable = variables[i]!;
        const [gradientId] = backend.getInputTensorIds([given]) as [number];
        const gradient = gradientScale === 1 ? gradientId : run('Mul', ofFloat, [gradientId, number(gradientScale)], 1);
        const weights = idOf(variable);
        const kept = keep === 1 ? weights : run('Mul', ofFloat, [weights, number(keep)], 1);
        run('AssignVariableOp', ofDtype, [slot.weights, kept], 0);
        if (kept !== weights) binding.deleteTensor(kept);
        binding.deleteTensor(weights);
        const told = adamScalars(learningRate, { beta1, beta2, epsilon }, updates[i]!);
        const scalars = [0, 0, told.rate, beta1, beta2, told.epsilon].map(number);
        run('ResourceApplyAdam', adamAttributes, [slot.weights, slot.m, slot.v, ...scalars, gradient], 0);
        backend.tensorMap.get(variable.dataId).id = run('ReadVariableOp', ofDtype, [slot.weights], 1);
        if (gradient !== gradientId) binding.deleteTensor(gradient);
      });
      for (const id of numbers.values()) binding.deleteTensor(id);
    },
    moments: () => Promise.all(slots.map(async ({ m, v }) => ({ m: await read(m), v: await read(v) }))),
    restore(given) {
      slots.forEach(({ m, v }, i) => {
        assign(m, variables[i]!, given[i]!.m);
        assign(v, variables[i]!, given[i]!.v);
      });
    },
    dispose() {
      for (const id of slots.flatMap((slot) => [slot.weights, slot.m, slot.v])) {
        run('DestroyResourceOp', [flag('ignore_lookup_error', true)], [id], 0);
        binding.deleteTensor(id);
      }
      slots.length = 0;
    },
  };
}
