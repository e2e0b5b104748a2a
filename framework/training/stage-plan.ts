import type { Variable } from '@tensorflow/tfjs';
import type { InstructionSample } from '../contracts/index.js';
import { parameterGroups } from './parameter-groups.js';
import type { ParameterGroup } from './step-engine.js';
import type { TrainStage } from './train-stages.js';

/** How long a stage is and what it trains. */
export interface StagePlan {
  stage: TrainStage;
  /** Steps of the auxiliary loss alone, then of the captions. */
  before: number;
  steps: number;
  groups: readonly ParameterGroup[];
}

/** How often a sample is drawn in an epoch. */
export const sampleWeight = ({ weight = 1 }: InstructionSample): number => weight;

/** The auxiliary loss goes before the captions once: in the first stage that has it. */
export function stagePlans(
  stages: readonly TrainStage[],
  variables: Readonly<Record<string, Variable>>,
  { samples, auxiliary }: { samples: number; auxiliary: boolean },
): StagePlan[] {
  const first = stages.findIndex((stage) => stage.auxiliary.name !== 'none');
  return stages.map((stage, i) => ({
    stage,
    before: auxiliary && i === first ? stage.auxiliary['steps-before'] : 0,
    steps: stage.steps || Math.ceil((stage.epochs * samples) / stage.batch),
    groups: parameterGroups(variables, stage),
  }));
}

export function totalSteps(plans: readonly StagePlan[]): number {
  return plans.reduce((sum, { before, steps }) => sum + before + steps, 0);
}

/** Names of all variables that these stages train. */
export function trainedNames(plans: readonly StagePlan[]): string[] {
  return [...new Set(plans.flatMap(({ groups }) => groups.flatMap(({ variables }) => Object.keys(variables))))];
}
