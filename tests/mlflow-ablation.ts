import { createCanvas } from '@napi-rs/canvas';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRunLog, type Tracking } from '../framework/runlog/index.js';

/** What the whole-program tests log: a parent, one child per tracker, curves, a table, pictures, a data set. */
export interface Ablation {
  runDir: string;
  parent: string;
  children: string[];
  said: string[];
  pending: number;
}

export const trackers = ['none', 'largest-face', 'facetrack'];
export const steps = 40;

/** The loss of a step; made up, and NaN at step 7. */
export function lossAt(child: number, step: number): number {
  return step === 7 ? NaN : 3 * Math.exp(-step / 15) + child / 10;
}

function overlay(text: string, step: number): Buffer {
  const canvas = createCanvas(160, 120);
  const context = canvas.getContext('2d');
  context.fillStyle = `hsl(${step * 60}, 60%, 60%)`;
  context.fillRect(0, 0, 160, 120);
  context.strokeRect(40, 20, 60, 70);
  context.fillStyle = 'black';
  context.fillText(`${text} ${step}`, 44, 50);
  return canvas.toBuffer('image/png');
}

/** Logs an ablation; `midway` is awaited when the second child is half done. */
export async function logAblation(tracking: Tracking, midway?: (firstChild: string) => Promise<void>): Promise<Ablation> {
  const runDir = join(temporaryHome(), 'run');
  const said: string[] = [];
  const log = openRunLog({ runDir, experiment: 'trackers', tracking, notify: (message) => said.push(message) });
  const parent = log.start({
    name: 'sweep',
    note: '# Trackers\nwhat a tracker is worth',
    tags: { 'mlflow.user': 'ann', 'mlflow.source.name': 'a test' },
  });
  const children: string[] = [];
  for (const [index, tracker] of trackers.entries()) {
    const run = parent.startChild({ name: `${tracker}-0`, params: { tracker, seed: 0, 'odd[key]': 'x' }, tags: { 'mlflow.user': 'ann' } });
    children.push(run.id);
    run.dataset({
      name: 'drawn-faces',
      digest: 'ab'.repeat(32),
      context: 'test',
      source: { folder: 'data' },
      schema: { video: 'string' },
      profile: { clips: 2 },
    });
    for (let step = 0; step < steps; step++) {
      run.metrics({ 'train/loss': lossAt(index, step), 'train/huge': step === 0 ? Infinity : step }, step);
      if (step === steps / 2 && index === 1) await midway?.(children[0]!);
    }
    run.metric('test/cider', 0.3 + index / 10);
    run.table('predictions.json', ['clip', 'caption', 'right'], [['clip-1', `${tracker} sees AU12 rise`, true], ['clip-2', 'nothing', null]]); // prettier-ignore
    for (let step = 0; step < 3; step++) run.image('faces/clip-1', step, overlay(tracker, step));
    run.artifact('config/resolved.yaml', `tracker: ${tracker}\n`);
    run.end(tracker === 'none' ? 'FAILED' : 'FINISHED');
  }
  parent.end('FINISHED');
  const { pending } = await log.close({ deadlineMs: 60_000 });
  return { runDir, parent: parent.id, children, said, pending };
}

const homes: string[] = [];
process.on('exit', () => homes.forEach((home) => rmSync(home, { recursive: true, force: true })));

export function temporaryHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'mienlab-mlflow-'));
  homes.push(home);
  return home;
}
