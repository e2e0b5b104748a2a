import type { Variable } from '@tensorflow/tfjs';
import { Fault, nearest } from '../faults/index.js';
import type { ParameterGroup } from './step-engine.js';
import type { TrainStage } from './train-stages.js';

/** Freezing a part that has no variables, such as an encoder outside the tensor library, is no mistake. */
const wholeParts = ['encoder', 'projector', 'llm-head'];

/**
 * Whether a pattern means a variable: a name or the beginning of one up to a `/` or `.`, with `*` for any characters, as in `projector`,
 * `llm-head/model.layers.0`, `*norm*`.
 */
export function matches(pattern: string, name: string): boolean {
  const source = pattern.split('*').map((text) => text.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${source.join('.*')}(?:$|[/.])`).test(name);
}

/** Whether a stage trains the variable of that name. */
export function trains({ trainable, frozen }: Pick<TrainStage, 'trainable' | 'frozen'>, name: string): boolean {
  return trainable.some((pattern) => matches(pattern, name)) && !frozen.some((pattern) => matches(pattern, name));
}

/**
 * Those of the variables that a stage trains, in groups of the same settings, in the order of the names. Variables of the auxiliary loss
 * always are. Throws Fault CONFIG_VALUE where a pattern means no variable, or nothing is left to train.
 */
export function parameterGroups(variables: Readonly<Record<string, Variable>>, stage: TrainStage): ParameterGroup[] {
  const { trainable, frozen, parts, optimizer } = stage;
  const names = Object.keys(variables);
  for (const [key, patterns] of Object.entries({ trainable, frozen, parts: Object.keys(parts) })) {
    const idle = patterns.find(
      (pattern) => !names.some((name) => matches(pattern, name)) && !(key === 'frozen' && wholeParts.includes(pattern)),
    );
    if (idle !== undefined) throw noVariable(key, idle, names, stage);
  }
  const groups = new Map<string, ParameterGroup & { variables: Record<string, Variable> }>();
  for (const [name, variable] of Object.entries(variables)) {
    if (!trains(stage, name) && !name.startsWith('auxiliary/')) continue;
    const own = Object.entries(parts).findLast(([pattern]) => matches(pattern, name))?.[1];
    const learningRate = own?.['learning-rate'] ?? optimizer['learning-rate'];
    const weightDecay = own?.['weight-decay'] ?? optimizer['weight-decay'];
    const key = `${learningRate} ${weightDecay}`;
    if (!groups.has(key)) groups.set(key, { variables: {}, learningRate, weightDecay });
    groups.get(key)!.variables[name] = variable;
  }
  if (![...groups.values()].some((group) => Object.keys(group.variables).some((name) => !name.startsWith('auxiliary/')))) {
    throw new Fault('CONFIG_VALUE', `stage "${stage.name}" trains nothing: every variable is frozen`, {
      key: 'train.trainable',
      hint: 'see train.trainable and train.frozen',
    });
  }
  return [...groups.values()];
}

function noVariable(key: string, pattern: string, names: readonly string[], { name: stage }: TrainStage): Fault {
  // Parts and the paths within them, as one may name them.
  const paths = [...new Set(names.flatMap((name) => [...name.matchAll(/[/.]|$/g)].map(({ index }) => name.slice(0, index))))];
  return new Fault('CONFIG_VALUE', `train.${key} of stage "${stage}": "${pattern}" means no variable of the model`, {
    key: `train.${key}`,
    nearest: nearest(pattern, paths),
    known: paths.slice(0, 40),
  });
}
