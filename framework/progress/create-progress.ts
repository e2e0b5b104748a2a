import type { Progress } from '../contracts/index.js';
import { cutToWidth, plainText } from './display-width.js';
import { duration, rateText } from './duration.js';
import { Pace } from './pace.js';

export interface ProgressOptions {
  /** Where it is written; a live line where it is a terminal, plain lines elsewhere. Default stderr. */
  stream?: { write(text: string): unknown; isTTY?: boolean; columns?: number };
  /** Milliseconds. Default a clock that never goes back. */
  now?: () => number;
  /** Aborted on Ctrl-C: the line under way is closed and nothing more is written. */
  signal?: AbortSignal;
  /** Redraws a live line between calls, so that what is left goes on falling; returns what stops it. Default a timer of one second. */
  tick?: (redraw: () => void) => () => void;
}

export interface RunProgress extends Progress {
  /** Writes a line of text above the live one. */
  print(line: string): void;
  /** Leaves the line under way as it is and writes no more progress; for the end of a run that failed. */
  close(): void;
}

interface Step {
  label: string;
  total: number;
  count: number;
  detail: string;
  started: number;
  pace: Pace;
}

const barWidth = 20;
/** Milliseconds between redraws of a live line, and between plain lines of one step. */
const liveEvery = 100;
const plainEvery = 5000;

function everySecond(redraw: () => void): () => void {
  const timer = setInterval(redraw, 1000).unref();
  return () => clearInterval(timer);
}

/** How a step ended: its units, its duration, its mean rate. */
function finished({ count, total }: Step, seconds: number): string {
  if (count === 0) return duration(seconds);
  const units = total > 0 && count !== total ? `${count} of ${total}` : String(count);
  return [`${units} in ${duration(seconds)}`, ...(seconds > 0 && count > 1 ? [rateText(count / seconds)] : [])].join('  ');
}

/**
 * Progress for a terminal or a log file. Steps nest: one that is started while another is under way shows where the outer one stands,
 * as in `2/7 detect 312/720  34/s  12 s left`. A finished step leaves one line with its duration. The cursor is never hidden, so that
 * nothing has to be put back however the process ends.
 */
export function createProgress(options: ProgressOptions = {}): RunProgress {
  const stream = options.stream ?? process.stderr;
  const now = options.now ?? (() => performance.now());
  const live = stream.isTTY === true;
  const steps: Step[] = [];
  let drawn = false;
  let last = -Infinity;
  let stopTicking: (() => void) | undefined;
  let closed = options.signal?.aborted ?? false;

  const place = (step: Step) => {
    const outer = steps.slice(0, steps.indexOf(step));
    const inside = outer.map(({ count, total, label }) => (total > 0 ? `${Math.min(count + 1, total)}/${total}` : label));
    return [...inside, step.label].map(plainText).join(' ');
  };

  const line = (step: Step) => {
    const { count, total, pace, detail } = step;
    const rate = pace.rate();
    const left = count < total ? pace.left(now()) : null;
    const filled = total > 0 ? Math.min(barWidth, Math.floor((count / total) * barWidth)) : 0;
    const parts = [
      `${place(step)} ${live && total > 0 ? `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}] ` : ''}${total > 0 ? `${count}/${total}` : count}`,
      rate === null ? '' : rateText(rate),
      left === null ? '' : `${duration(left)} left`,
      plainText(detail),
    ];
    return parts.filter(Boolean).join('  ');
  };

  const clear = () => {
    if (drawn) stream.write('\r\u001b[K');
    drawn = false;
  };
  const draw = () => {
    const step = steps.at(-1);
    if (!step || closed) return;
    last = now();
    if (!live) {
      stream.write(`${line(step)}\n`);
      return;
    }
    // One write a redraw, and the rest of the line is cleared only behind the new text: no flicker.
    stream.write(`\r${cutToWidth(line(step), (stream.columns ?? 80) - 1)}\u001b[K`);
    drawn = true;
  };

  const close = () => {
    // The line under way stays readable, and what comes next starts on a line of its own.
    if (drawn) stream.write('\n');
    drawn = false;
    closed = true;
    stopTicking?.();
  };
  options.signal?.addEventListener('abort', close, { once: true });

  return {
    start(label, total) {
      const step: Step = { label, total, count: 0, detail: '', started: now(), pace: new Pace(total, now()) };
      steps.push(step);
      draw();
      if (live && !closed && !stopTicking) stopTicking = (options.tick ?? everySecond)(draw);
      return {
        done(count, detail = '') {
          step.pace.add(now(), count);
          step.count = count;
          step.detail = detail;
          if (step === steps.at(-1) && now() - last >= (live ? liveEvery : plainEvery)) draw();
        },
        end() {
          if (!steps.includes(step)) return;
          const text = `${place(step)}  ${finished(step, (now() - step.started) / 1000)}`;
          steps.splice(steps.indexOf(step), 1);
          if (closed) return;
          clear();
          stream.write(`${text}\n`);
          if (live) draw();
          if (steps.length === 0) {
            stopTicking?.();
            stopTicking = undefined;
          }
        },
      };
    },
    print(text) {
      clear();
      stream.write(`${text}\n`);
      if (live) draw();
    },
    close,
  };
}
