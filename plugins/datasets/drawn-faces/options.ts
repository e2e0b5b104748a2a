import { createHash } from 'node:crypto';
import type { PluginConfig, Split } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import type { Action } from './actions.js';

/** The plugin's config, read once. Lengths in pixels and seconds, shares 0..1. */
export interface DrawnFacesOptions {
  clips: Readonly<Record<Split, number>>;
  /** Weights of one, two and three people. */
  people: readonly number[];
  larger: number;
  distractorsAct: boolean;
  width: number;
  height: number;
  rate: number;
  length: number;
  actions: Readonly<Record<Action, number>>;
  occlusion: number;
  noise: number;
  seed: number;
}

/** Everything drawn changes with this. */
const GENERATOR = 1;

/** Reads the checked config. Throws Fault CONFIG_VALUE for what a schema cannot say. */
export function readOptions(config: PluginConfig): DrawnFacesOptions {
  const options: DrawnFacesOptions = {
    clips: { train: config['train'] as number, validation: config['validation'] as number, test: config['test'] as number },
    people: config['people'] as number[],
    larger: config['larger-distractor'] as number,
    distractorsAct: config['distractor-actions'] as boolean,
    width: config['width'] as number,
    height: config['height'] as number,
    rate: config['frame-rate'] as number,
    length: config['length'] as number,
    actions: config['actions'] as Record<Action, number>,
    occlusion: config['occlusion'] as number,
    noise: config['noise'] as number,
    seed: config['seed'] as number,
  };
  const total = (weights: readonly number[]) => weights.reduce((sum, weight) => sum + weight, 0);
  if (total(options.people) <= 0) {
    throw new Fault('CONFIG_VALUE', 'all weights are 0', { key: 'data.people', expected: 'a weight above 0 for one, two or three people' });
  }
  if (total(Object.values(options.actions)) <= 0) {
    throw new Fault('CONFIG_VALUE', 'all weights are 0', { key: 'data.actions', expected: 'a weight above 0 for some action' });
  }
  if (Math.round(options.length * options.rate) < 6) {
    throw new Fault('CONFIG_VALUE', `${options.length} s at ${options.rate} frames a second are fewer than 6 frames`, {
      key: 'data.length',
      expected: 'length times frame-rate of at least 6, two frames for each third',
    });
  }
  return options;
}

/** Names a dataset by all that decides its bytes. */
export function optionsKey(options: DrawnFacesOptions): string {
  return createHash('sha256')
    .update(JSON.stringify([GENERATOR, options]))
    .digest('hex')
    .slice(0, 12);
}
