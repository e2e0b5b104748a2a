import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Log, Progress } from '../../contracts/index.js';
import { Fault } from '../../faults/index.js';
import type { BackendChoice, TensorWork } from '../../tensor/backend/index.js';
import type { CaptionJob, FromChild, ToChild } from './caption-job.js';
import { errorFromData } from './error-data.js';

interface CaptionServices {
  log: Log;
  progress: Progress;
  signal: AbortSignal;
  /** Told the captions of a batch as soon as they are there, the first being of clip `first` of the job. */
  onCaptions: (first: number, texts: string[]) => void;
}

/** What a child may take to end after it was told to, milliseconds; then it is killed. */
const grace = 5000;
/** How much of what a child wrote to stderr is kept for the fault that tells of its death, characters. */
const lastWords = 500;

/** The process that captions in place of the run's own: started when first needed, then kept for the next run of the sweep. */
export class GenerationProcess {
  #child: ChildProcess | undefined;
  #work: TensorWork | undefined;
  /** Of the child's stderr. */
  #said = '';
  #ended: Promise<string> | undefined;

  /** `backend` is what the run's own process computes with. */
  constructor(readonly backend: Pick<BackendChoice, 'name' | 'device'>) {}

  /** Starts the process where there is none for such work and waits until it has loaded TensorFlow. Throws where it cannot be had. */
  async start(work: TensorWork, signal: AbortSignal): Promise<void> {
    if (this.#child && this.#work === work) return;
    await this.close();
    this.#work = work;
    // A debugger's port is taken by this process.
    const execArgv = process.execArgv.filter((option) => !option.startsWith('--inspect'));
    const child = fork(fileURLToPath(new URL('./generation-child.js', import.meta.url)), [work], {
      execArgv,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child = child;
    this.#said = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.#said = (this.#said + text).slice(-lastWords)));
    this.#ended = new Promise((resolve) => {
      const end = (how: string) => {
        this.#child = undefined;
        resolve(how);
      };
      child.once('error', (error) => {
        // A process that never was does not close.
        if (child.pid === undefined) end(error.message);
      });
      child.once('close', (code, by) => end(by ? `ended by ${by}` : `ended with code ${code}`));
    });
    try {
      await this.#listen(signal, (message) => message.type === 'ready');
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /**
   * Has the started process do a job. Throws the fault that came up there, RUN_FAILED where the process died, and the signal's reason when it
   * fires, the process then having ended.
   */
  async caption(job: CaptionJob, { log, progress, signal, onCaptions }: CaptionServices): Promise<void> {
    const steps = new Map<number, ReturnType<Progress['start']>>();
    let captioned = 0;
    // Where it has died, its end tells so.
    this.#child?.send(job satisfies ToChild, () => {});
    try {
      await this.#listen(
        signal,
        (message) => {
          switch (message.type) {
            case 'captions':
              onCaptions(message.first, message.texts);
              captioned += message.texts.length;
              break;
            case 'log':
              log[message.level](message.message);
              break;
            case 'start':
              steps.set(message.step, progress.start(message.label, message.total));
              break;
            case 'done':
              steps.get(message.step)?.done(message.count, message.detail);
              break;
            case 'end':
              steps.get(message.step)?.end();
              steps.delete(message.step);
              break;
          }
          return message.type === 'finished';
        },
        () => `after ${captioned} of ${job.clips.length} clips`,
      );
    } finally {
      for (const step of steps.values()) step.end();
    }
  }

  /** Ends the process, if there is one. */
  async close(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const timer = setTimeout(() => child.kill('SIGKILL'), grace);
    // It disconnects, not this process: else 'close' would never come.
    child.send('end' satisfies ToChild, () => {});
    await this.#ended;
    clearTimeout(timer);
  }

  /** Hears messages until `until` says that this was the last. Whatever else ends it ends the process, but for a fault that came up there. */
  async #listen(signal: AbortSignal, until: (message: FromChild) => boolean, when = () => 'while it started'): Promise<void> {
    const child = this.#child;
    const listening = new AbortController();
    let told = false;
    try {
      await new Promise<void>((resolve, reject) => {
        const onMessage = (message: FromChild) => {
          try {
            told = message.type === 'failed';
            if (message.type === 'failed') reject(errorFromData(message.error));
            else if (until(message)) resolve();
          } catch (error) {
            reject(error as Error);
          }
        };
        child?.on('message', onMessage);
        listening.signal.addEventListener('abort', () => child?.off('message', onMessage));
        signal.addEventListener('abort', () => reject(signal.reason as Error), { signal: listening.signal });
        signal.throwIfAborted();
        void this.#ended!.then((how) => reject(this.#death(how, when())));
      });
    } catch (error) {
      if (!told || signal.aborted) await this.close();
      throw signal.aborted ? signal.reason : error;
    } finally {
      listening.abort();
    }
  }

  #death(how: string, when: string): Fault {
    const said = this.#said.trim();
    return new Fault('RUN_FAILED', `generate: its process ${how} ${when}${said && `: ${said}`}`, {
      hint: 'the captions so far are kept, the same command goes on; SIGKILL is what a machine short of memory does: generate.batch lowers the need, generate.process=same does without the process',
    });
  }
}
