// What an eager training step of mienlab spends, by TensorFlow operation: npm run bench -- profile-step [--config A,B] [--steps N] [--top N]
// Times are those of the calls (operations on the CPU run within them); the rest of a step is JavaScript. Weights are those of `training`.
import { parseArgs } from 'node:util';
import { tensorflow, useTensorflow } from 'mienlab/tensor';
import { chooseBackend, loadBackend } from '../dist/framework/tensor/backend/index.js';
import { EagerEngine } from '../dist/framework/training/eager-engine.js';
import { prepareModel } from './lib/models.mjs';
import { optimizerOf } from './lib/optimizer.mjs';
import { table } from './lib/report.mjs';
import { benchPython } from './lib/venv.mjs';
import { trainingStep } from './workers/mienlab-model.mjs';

const { values: options } = parseArgs({
  options: {
    config: { type: 'string', default: 'A,B' },
    steps: { type: 'string', default: '3' },
    top: { type: 'string', default: '20' },
  },
});
const steps = Number(options.steps);
const top = Number(options.top);
useTensorflow(await loadBackend(await chooseBackend({ backend: 'tensorflow' })));
// Before anything is computed, since kernels keep the binding that they find first.
const backend = tensorflow().backend();
const { binding } = backend;
let noted = () => {};
const executeOp = (name, ...rest) => {
  const before = performance.now();
  const results = binding.executeOp(name, ...rest);
  noted(name, results, performance.now() - before);
  return results;
};
backend.binding = Object.create(binding, { executeOp: { value: executeOp } });

/** Calls and milliseconds by operation and by operation and shape of its first result. */
async function profiled(work) {
  const [byOp, byShape] = [new Map(), new Map()];
  const count = (map, key, ms) => {
    const entry = map.get(key) ?? { calls: 0, ms: 0 };
    map.set(key, { calls: entry.calls + 1, ms: entry.ms + ms });
  };
  noted = (name, results, ms) => {
    count(byOp, name, ms);
    count(byShape, `${name} [${results[0]?.shape.join(', ') ?? ''}]`, ms);
  };
  const started = performance.now();
  try {
    await work();
  } finally {
    noted = () => {};
  }
  return { byOp, byShape, wall: performance.now() - started };
}

function print(title, map, wall) {
  const rows = [...map].sort(([, a], [, b]) => b.ms - a.ms).slice(0, top);
  const cells = rows.map(([name, { calls, ms }]) => [
    name,
    (calls / steps).toFixed(0),
    (ms / steps).toFixed(2),
    ((1000 * ms) / calls).toFixed(0),
    `${((100 * ms) / wall).toFixed(1)} %`,
  ]);
  console.log(`\n${table([title, 'calls', 'ms', 'us a call', 'of step'], cells)}`);
}

for (const config of options.config.split(',')) {
  const model = prepareModel(config, config === 'C' ? await benchPython() : undefined);
  const { folder, adapter, inputs, targets } = model;
  const spec = { model: folder, adapter, inputs, targets, dtype: 'fp32', optimizer: optimizerOf(model) };
  const { options, host } = trainingStep(spec);
  const engine = new EagerEngine(options);
  const step = () => engine.step('captions', [host], [spec.optimizer['learning-rate']]);
  for (let i = 0; i < 2; i++) await step();
  const { byOp, byShape, wall } = await profiled(async () => {
    for (let i = 0; i < steps; i++) await step();
  });
  const total = (key) => [...byOp.values()].reduce((sum, entry) => sum + entry[key], 0) / steps;
  const inside = total('ms');
  console.log(
    `\n${config}: ${(wall / steps).toFixed(1)} ms a step, ${total('calls').toFixed(0)} operations take ${inside.toFixed(1)} ms of it, mean of ${steps} steps`,
  );
  print('operation', byOp, wall);
  print('operation and its result', byShape, wall);
  engine.dispose();
  tensorflow().disposeVariables();
}
