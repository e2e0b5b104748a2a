// Run by GenerationProcess in a process of its own: captions clips for its parent with the thread settings of decoding.
import { buildContainer } from '../../container/build-container.js';
import { buildRunContainer } from '../../container/build-run-container.js';
import type { Log, Progress } from '../../contracts/index.js';
import { Fault } from '../../faults/index.js';
import { PluginRegistry } from '../../plugin/plugin-registry.js';
import { generatedPlugins } from '../../plugin/registry.generated.js';
import type { TensorWork } from '../../tensor/backend/index.js';
import { openBackend } from '../open-backend.js';
import { planFromData, type CaptionJob, type FromChild, type ToChild } from './caption-job.js';
import { captionClips } from './caption-clips.js';
import { errorData } from './error-data.js';
import { makeModel } from './make-model.js';

/** Milliseconds that a job under way has to end when the parent has gone. */
const grace = 5000;

const say = (message: FromChild) => void (process.connected && process.send!(message, () => {}));

const log: Log = {
  info: (message) => say({ type: 'log', level: 'info', message }),
  warn: (message) => say({ type: 'log', level: 'warn', message }),
};

let steps = 0;
const progress: Progress = {
  start(label, total) {
    const step = steps++;
    say({ type: 'start', step, label, total });
    return { done: (count, detail) => say({ type: 'done', step, count, detail }), end: () => say({ type: 'end', step }) };
  },
};

async function caption({ plan: data, texts, checkpoint, ...job }: CaptionJob, signal: AbortSignal): Promise<void> {
  const registry = new PluginRegistry(generatedPlugins);
  const plan = await planFromData(data, registry);
  const root = buildContainer({ registry, log, progress, signal });
  const container = buildRunContainer(root, plan);
  try {
    const model = await makeModel(container, { texts, checkpoint, withoutEncoder: job.features?.withoutEncoder });
    const onCaptions = (first: number, captions: string[]) => say({ type: 'captions', first, texts: captions });
    await captionClips(model, { ...job, plan, progress, signal, onCaptions });
  } finally {
    await container.unbindAllAsync();
    await root.unbindAllAsync();
  }
}

const stopping = new AbortController();
let working = Promise.resolve();

process.on('message', (job: ToChild) => {
  if (job === 'end') {
    process.disconnect();
    return;
  }
  working = caption(job, stopping.signal).then(
    () => say({ type: 'finished' }),
    (error: unknown) => say({ type: 'failed', error: errorData(error) }),
  );
});
// The parent was interrupted, or killed, or has no more work: nobody reads what would come.
process.on('disconnect', () => {
  stopping.abort(new Fault('INTERRUPTED', 'the run that wanted the captions has ended'));
  setTimeout(() => process.exit(), grace).unref();
  void working.then(() => process.exit());
});
// Ctrl-C reaches all processes of a terminal: the parent says what becomes of this one.
process.on('SIGINT', () => {});

try {
  await openBackend({ backend: 'tensorflow', require: 'none' }, { info: () => {}, warn: () => {} }, process.argv[2] as TensorWork);
  say({ type: 'ready' });
} catch (error) {
  say({ type: 'failed', error: errorData(error) });
}
