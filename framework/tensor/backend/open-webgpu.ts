import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { Fault } from '../../faults/index.js';
import type { OpenBackend } from './backend-choice.js';
import { requireHere, unionModule } from './union-module.js';

const install = 'run "npm install --no-save webgpu@0.6.2" in the folder of mienlab';

/** The little of WebGPU that is used here; the `webgpu` package is optional, so its types cannot be. */
interface Adapter {
  info: { vendor: string; architecture: string; device: string; description: string; isFallbackAdapter?: boolean };
}
interface Gpu {
  requestAdapter(options?: { powerPreference: string }): Promise<Adapter | null>;
}
interface WebGpuPackage {
  create(flags: string[]): Gpu;
  globals: Record<string, unknown>;
}

function webGpuPackage(): WebGpuPackage {
  try {
    return requireHere('webgpu') as WebGpuPackage;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') {
      throw new Fault('BACKEND_MISSING', 'the optional package webgpu is not installed', { hint: install, cause });
    }
    throw new Fault('BACKEND_MISSING', `the package webgpu does not load (${(cause as Error).message.split('\n')[0]})`, {
      hint: install,
      cause,
    });
  }
}

/** Node 20 has no navigator, later ones have one that refuses a plain assignment. */
function offer(gpu: Gpu): void {
  const global = globalThis as unknown as { navigator?: object };
  if (!global.navigator) Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true, writable: true });
  Object.defineProperty(global.navigator, 'gpu', { value: gpu, configurable: true });
}

/**
 * Starts WebGPU on Dawn. Traps of this backend in Node: read with `await tensor.data()`, never `dataSync()`; no kernel may bind more than
 * 8 storage buffers (`tf.addN` of more than 8 tensors gives a wrong sum), which Dawn reports only as an uncaptured error: that ends the
 * process, because the numbers that follow would be wrong.
 * @throws Fault BACKEND_MISSING that says what to install where the package or an adapter is missing
 */
export async function openWebGpu(): Promise<OpenBackend> {
  const { create, globals } = webGpuPackage();
  Object.assign(globalThis, globals);
  const gpu = create([]);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new Fault('BACKEND_MISSING', 'Vulkan offers no adapter', {
      hint: 'install libvulkan1 and the Vulkan driver of the GPU (in containers NVIDIA_DRIVER_CAPABILITIES must hold "graphics")',
    });
  }
  offer(gpu);
  const tf = unionModule();
  requireHere('@tensorflow/tfjs-backend-webgpu');
  if (!(await tf.setBackend('webgpu'))) throw new Fault('BACKEND_MISSING', 'the WebGPU device does not start');
  const { device } = tf.backend() as unknown as WebGPUBackend;
  device.addEventListener('uncapturederror', (event) => {
    const { message } = (event as GPUUncapturedErrorEvent).error;
    process.nextTick(() => {
      throw new Fault('BACKEND_MISSING', `WebGPU refused an operation, so what it computes is wrong: ${message}`, {
        hint: 'use tensor.backend=tensorflow or wasm',
      });
    });
  });
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  const name = description || [vendor, architecture].filter(Boolean).join(' ') || 'WebGPU adapter';
  const software = isFallbackAdapter === true || /llvmpipe|lavapipe|swiftshader|software/i.test(`${name} ${vendor} ${architecture}`);
  return {
    device: { kind: software ? 'cpu' : 'gpu', name },
    versions: {
      tfjs: tf.version['tfjs'],
      'tfjs-backend-webgpu': (requireHere('@tensorflow/tfjs-backend-webgpu/package.json') as { version: string }).version,
      webgpu: (requireHere('webgpu/package.json') as { version: string }).version,
    },
    ...(software ? { cost: 'this adapter is software: slower than tensorflow and wasm' } : {}),
  };
}
