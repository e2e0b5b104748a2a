import type { StageOverrides, TrainSettings } from './train-settings.js';

/** The settings of one stage, whole. */
export interface TrainStage extends Required<Omit<TrainSettings, 'stages' | 'epochs' | 'steps' | 'optimizer'>> {
  name: string;
  /** As in TrainSettings; 0 where not given. */
  epochs: number;
  steps: number;
  optimizer: Required<TrainSettings['optimizer']>;
}

const defaults = {
  accumulate: 1,
  batching: 'shuffled',
  precision: 'fp32',
  engine: 'auto',
  'check-engine': true,
  trainable: ['*'],
  frozen: [],
  parts: {},
  evaluate: { every: 0, from: 'share', share: 0.1, patience: 0, 'min-delta': 0, keep: 1, restore: 'last' },
  'checkpoint-every': 0,
} as const satisfies Partial<TrainSettings>;

/** What is to be done, stage by stage; a training without stages is one stage called `tune`. */
export function trainStages({ stages, ...base }: TrainSettings): TrainStage[] {
  return (stages?.length ? stages : [{ name: 'tune' }]).map((stage) => resolved(base, stage));
}

function resolved(base: Omit<TrainSettings, 'stages'>, stage: StageOverrides): TrainStage {
  const steps = stage.steps ?? (stage.epochs === undefined ? base.steps : undefined) ?? 0;
  return {
    ...defaults,
    ...base,
    ...stage,
    epochs: stage.epochs ?? base.epochs ?? 1,
    steps,
    optimizer: { momentum: 0, nesterov: false, ...base.optimizer, ...stage.optimizer },
    schedule: { ...base.schedule, ...stage.schedule },
    auxiliary: { ...base.auxiliary, ...stage.auxiliary },
    parts: { ...base.parts, ...stage.parts },
    evaluate: { ...defaults.evaluate, ...base.evaluate, ...stage.evaluate },
  };
}
