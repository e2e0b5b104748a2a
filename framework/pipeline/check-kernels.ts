import type { AnyPlugin } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import type { RunPlan } from '../plan/run-plan.js';
import { tensorflow } from '../tensor/index.js';

/** Every plugin that a run has chosen. */
function chosen({ plugins, judge, metrics }: RunPlan): AnyPlugin[] {
  const parts = [...Object.values(plugins), ...(judge ? [judge] : []), ...metrics];
  return parts.map(({ manifest }) => manifest as AnyPlugin);
}

/**
 * Whether the backend in use has the tfjs kernels that the chosen plugins name in their manifests: to be called before any work.
 * @throws Fault KERNEL_MISSING that names all plugins that lack some, and which
 */
export function checkKernels(runs: readonly RunPlan[]): void {
  const tf = tensorflow();
  const backend = tf.getBackend();
  const lacking = new Map<string, string[]>();
  for (const { kind, name, kernels = [] } of runs.flatMap(chosen)) {
    const missing = kernels.filter((kernel) => !tf.getKernel(kernel, backend));
    if (missing.length) lacking.set(`${kind} ${name}`, missing);
  }
  if (!lacking.size) return;
  const list = [...lacking].map(([plugin, kernels]) => `${plugin} needs ${kernels.join(', ')}`);
  throw new Fault('KERNEL_MISSING', `the tensor backend ${backend} lacks kernels: ${list.join('; ')}`, {
    key: 'tensor.backend',
    hint: 'take another backend (docs/backends.md tells what runs where), or another plugin',
  });
}
