import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { Fault } from '../../faults/index.js';
import { keptPackages, loadKeptPackage } from '../kept-package.js';
import type { OpenBackend } from './backend-choice.js';
import { requireHere, unionModule } from './union-module.js';
import { splitLongSums } from './webgpu-sums.js';
import { watchWebGpu, type WatchedBackend } from './webgpu-watch.js';

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

async function webGpuPackage(): Promise<WebGpuPackage> {
  try {
    return await loadKeptPackage<WebGpuPackage>('webgpu');
  } catch (cause) {
    throw new Fault('BACKEND_MISSING', (cause as Error).message, { hint: cause instanceof Fault ? cause.details.hint : undefined, cause });
  }
}

/** Node 20 has no navigator, later ones have one that refuses a plain assignment. */
function offer(gpu: Gpu): void {
  const global = globalThis as unknown as { navigator?: object };
  if (!global.navigator) Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true, writable: true });
  Object.defineProperty(global.navigator, 'gpu', { value: gpu, configurable: true });
}

/**
 * Starts WebGPU on Dawn. Its traps are dealt with here: `webgpu-watch` and `webgpu-sums`.
 * @throws Fault BACKEND_MISSING that says what to install where the package or an adapter is missing
 */
export async function openWebGpu(): Promise<OpenBackend> {
  const { create, globals } = await webGpuPackage();
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
  splitLongSums(tf);
  watchWebGpu(tf.backend() as WebGPUBackend as unknown as WatchedBackend);
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  const name = description || [vendor, architecture].filter(Boolean).join(' ') || 'WebGPU adapter';
  const software = isFallbackAdapter === true || /llvmpipe|lavapipe|swiftshader|software/i.test(`${name} ${vendor} ${architecture}`);
  return {
    device: { kind: software ? 'cpu' : 'gpu', name },
    versions: {
      tfjs: tf.version['tfjs'],
      'tfjs-backend-webgpu': (requireHere('@tensorflow/tfjs-backend-webgpu/package.json') as { version: string }).version,
      webgpu: keptPackages.webgpu.version,
    },
    ...(software ? { cost: 'this adapter is software: slower than tensorflow and wasm' } : {}),
  };
}
