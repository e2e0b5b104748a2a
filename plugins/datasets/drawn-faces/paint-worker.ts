import { parentPort, workerData } from 'node:worker_threads';
import { Fault, formatError } from 'mienlab/faults';
import { encodeVideo } from 'mienlab/video';
import type { PaintAnswer, PaintOrder } from './generate.js';
import type { DrawnFacesOptions } from './options.js';
import { paintClip } from './paint-clip.js';
import { writeScript } from './script.js';

// A thread that draws the clips it is told to, several at a time so that it does not wait for ffmpeg, and answers each with its name.
const options = workerData as DrawnFacesOptions;

parentPort!.on('message', ({ split, index, kind, out }: PaintOrder) => {
  const { width, height, rate } = options;
  const answer = (message: PaintAnswer) => parentPort!.postMessage(message);
  const video = { width, height, fps: rate, pixels: 'rgba', preset: 'ultrafast', quality: 26, out } as const;
  encodeVideo(paintClip(writeScript(options, split, index, kind), options), video).then(
    () => answer({ out }),
    (error: unknown) => answer({ out, failed: { code: error instanceof Fault ? error.code : undefined, message: formatError(error) } }),
  );
});
