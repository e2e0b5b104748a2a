// A thread of DetectPool: makes the detector, then finds faces in what it is sent, one job after the other.
import { parentPort, workerData } from 'node:worker_threads';
import { errorData } from '../generation/error-data.js';
import { makeDetector, type DetectAnswer, type DetectJob, type DetectorChoice } from './detector-setup.js';

const answer = (message: DetectAnswer) => parentPort!.postMessage(message);
const log = { info: () => {}, warn: (message: string) => answer({ type: 'warning', message }) };

try {
  const detector = await makeDetector(workerData as DetectorChoice, { log, signal: new AbortController().signal });
  let last = Promise.resolve();
  parentPort!.on('message', (message: DetectJob | null) => {
    last = last.then(async () => {
      if (message === null) {
        await detector.dispose();
        parentPort!.close();
        return;
      }
      const { job, frames, known } = message;
      try {
        answer({ type: 'faces', job, faces: await detector.detect(frames, known) });
      } catch (error) {
        answer({ type: 'failed', job, error: errorData(error) });
      }
    });
  });
  answer({ type: 'ready' });
} catch (error) {
  answer({ type: 'failed', error: errorData(error) });
}
