import { Fault, nearest } from '../../faults/index.js';
import { backendNames, type BackendChoice, type BackendName, type OpenBackend, type TriedBackend } from './backend-choice.js';
import { openCpu } from './open-cpu.js';
import { openTensorflow } from './open-tensorflow.js';
import { openWasm } from './open-wasm.js';
import { openWebGpu } from './open-webgpu.js';
import type { TensorWork } from './thread-table.js';
import { unionModule, type Tf } from './union-module.js';

export interface BackendWish {
  /** `tensor.backend`. */
  backend: 'auto' | BackendName;
  /** `tensor.require`: with `gpu`, a backend that computes on a CPU is refused. */
  require?: 'gpu';
  /** What the process will do; it settles the thread pools. Default training. Only the first choice in a process has a say. */
  work?: TensorWork;
}

const open: Record<BackendName, (work: TensorWork) => Promise<OpenBackend>> = {
  tensorflow: openTensorflow,
  webgpu: openWebGpu,
  wasm: openWasm,
  cpu: openCpu,
};

const opened = new Map<BackendName, OpenBackend>();

async function openOnce(name: BackendName, work: TensorWork): Promise<OpenBackend> {
  const known = opened.get(name);
  if (known) {
    await unionModule().setBackend(name);
    return known;
  }
  const fresh = await open[name](work);
  opened.set(name, fresh);
  return fresh;
}

function candidates({ backend, require }: BackendWish): readonly BackendName[] {
  if (backend !== 'auto') {
    if (backendNames.includes(backend)) return [backend];
    const known = ['auto', ...backendNames];
    throw new Fault('CONFIG_VALUE', `no tensor backend is called "${String(backend)}"`, {
      key: 'tensor.backend',
      nearest: nearest(String(backend), known),
      known,
    });
  }
  return require === 'gpu' ? ['tensorflow', 'webgpu'] : ['tensorflow', 'wasm', 'cpu'];
}

function reasonFor(wish: BackendWish, name: BackendName, tried: readonly TriedBackend[], device: string): string {
  const passed = tried.filter((one) => !one.ok).map((one) => `${one.name}: ${one.why}`);
  if (wish.backend !== 'auto') return `asked for by tensor.backend=${name}`;
  if (wish.require === 'gpu') return `tensor.require=gpu, and ${name} has one: ${device}`;
  return passed.length === 0 ? 'the fastest, and it loads' : passed.join('; ');
}

/**
 * Settles on a tensor backend and starts it. `auto` takes tensorflow, else wasm, else cpu; with `require: 'gpu'` tensorflow, else webgpu,
 * the first that has a GPU.
 * @throws Fault BACKEND_MISSING where nothing that was asked for can be had; it names what is missing and what to do
 */
export async function chooseBackend(wish: BackendWish): Promise<BackendChoice> {
  const tried: TriedBackend[] = [];
  const hints: string[] = [];
  for (const name of candidates(wish)) {
    try {
      const found = await openOnce(name, wish.work ?? 'training');
      if (wish.require === 'gpu' && found.device.kind !== 'gpu') {
        tried.push({ name, ok: false, why: `computes on a CPU (${found.device.name})` });
        continue;
      }
      const reason = reasonFor(wish, name, tried, found.device.name);
      tried.push({ name, ok: true, why: found.device.name });
      return { name, reason, ...found, tried };
    } catch (error) {
      tried.push({ name, ok: false, why: (error as Error).message });
      const hint = error instanceof Fault ? error.details.hint : undefined;
      if (hint) hints.push(`${name}: ${hint}`);
    }
  }
  const what = wish.require === 'gpu' ? 'no tensor backend with a GPU' : `the tensor backend ${wish.backend} cannot be had`;
  throw new Fault('BACKEND_MISSING', `${what} (${tried.map(({ name, why }) => `${name}: ${why}`).join('; ')})`, {
    key: wish.require === 'gpu' ? 'tensor.require' : 'tensor.backend',
    hint: [...hints, 'mienlab doctor shows what this machine has'].join('; '),
  });
}

/**
 * Makes the chosen backend the current one and gives the `@tensorflow/tfjs` module, one instance for the whole process. A choice made in
 * another process is started here anew.
 * @throws Fault BACKEND_MISSING where this process cannot start it
 */
export async function loadBackend(choice: Pick<BackendChoice, 'name'>, work: TensorWork = 'training'): Promise<Tf> {
  await openOnce(choice.name, work);
  const tf = unionModule();
  await tf.ready();
  return tf;
}
