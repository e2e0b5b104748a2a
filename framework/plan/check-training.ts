import type { Placed } from '../config/load-settings.js';
import type { Settings } from '../config/settings-schema.js';
import { FaultList, type Fault, type FaultDetails } from '../faults/index.js';
import { trainStages } from '../training/index.js';

/** Checks settings of the training against each other, stage by stage. Throws a FaultList. */
export function checkTraining({ train }: Settings, placed: Placed): void {
  const faults: Fault[] = [];
  trainStages(train).forEach((stage, i) => {
    const own = train.stages[i];
    /** At the stage's own setting, or where all stages have it from. */
    const wrong = (path: string[], message: string, details: FaultDetails = {}) => {
      const at = own && Object.hasOwn(own, path[0]!) ? ['train', 'stages', String(i), ...path] : ['train', ...path];
      faults.push(placed.fault(at, 'CONFIG_VALUE', own ? `stage "${stage.name}": ${message}` : message, details));
    };
    const { optimizer, evaluate, accumulate, batch } = stage;
    if (optimizer.nesterov && !(optimizer.name === 'sgd' && optimizer.momentum > 0)) {
      wrong(['optimizer', 'nesterov'], 'Nesterov’s momentum needs optimizer sgd with a momentum', { hint: 'momentum: 0.9, say' });
    }
    if (accumulate > batch) {
      wrong(['accumulate'], `a batch of ${batch} cannot be worked through in ${accumulate} micro-batches`, {
        expected: `at most ${batch}`,
      });
    }
    for (const key of ['from', 'share'] as const) {
      if (evaluate[key] === train.evaluate[key]) continue;
      wrong(['evaluate', key], `what is held out is the same for all stages`, { hint: `set train.evaluate.${key}` });
    }
    if (evaluate.every) return;
    if (evaluate.patience)
      wrong(['evaluate', 'patience'], 'without evaluations there is nothing to wait for', { hint: 'set evaluate.every' });
    if (evaluate.restore === 'best')
      wrong(['evaluate', 'restore'], 'without evaluations nothing is the best', { hint: 'set evaluate.every' });
  });
  if (faults.length) throw new FaultList(faults);
}
