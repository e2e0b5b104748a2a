import { chooseBackend, loadBackend, type BackendName } from './backend/index.js';
import { useTensorflow, type Tensorflow } from './tensorflow.js';

/** For tests: makes a backend the current one, or says why it cannot be had and gives null. */
export async function testBackend(backend: BackendName | 'auto'): Promise<Tensorflow | null> {
  try {
    const tf = await loadBackend(await chooseBackend({ backend }));
    useTensorflow(tf);
    return tf;
  } catch (error) {
    console.log(`skipped on ${backend}: ${(error as Error).message}`);
    return null;
  }
}
