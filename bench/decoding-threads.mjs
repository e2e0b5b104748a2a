// npm run bench -- decoding-threads: what decoding gains from its own row of the thread table, by the head's width and the batch.
// What came out stands in framework/tensor/backend/thread-table.ts.
import { parseArgs } from 'node:util';
import { median } from './lib/measure.mjs';
import { modelOfWidth } from './lib/models.mjs';
import { printMachine, machine, table } from './lib/report.mjs';
import { System, endWorkers, endWorkersOnSignals } from './lib/system.mjs';

const tokens = 64;
const { values } = parseArgs({
  options: {
    widths: { type: 'string', default: '128,256,384,512' },
    batch: { type: 'string', default: '1,8,32' },
    rounds: { type: 'string', default: '5' },
  },
});
const numbers = (text) => text.split(',').map(Number);

/** Milliseconds of a generation with the threads of either row: the best of turns that alternate. */
async function measure(width, batch) {
  const { folder, prompts } = modelOfWidth(width);
  const spec = { op: 'open', task: 'generation', system: 'mienlab', model: folder, dtype: 'fp32', prompts: prompts(batch, 32), tokens };
  const rows = ['training', 'decoding'].map((work) => ({ work, system: new System('mienlab'), starts: 0, ms: [] }));
  for (const { work, system } of rows) {
    await system.ask({ ...spec, work });
    await system.ask({ op: 'run', count: 1 });
  }
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const { system, ms } of rows) ms.push(...(await system.ask({ op: 'run', count: 2 })).ms);
  }
  for (const { system } of rows) await system.close();
  return rows.map(({ ms }) => ({ best: Math.min(...ms), median: median(ms) }));
}

endWorkersOnSignals();
const results = [];
try {
  for (const width of numbers(values.widths)) {
    for (const batch of numbers(values.batch)) {
      const [training, decoding] = await measure(width, batch);
      const step = ({ best }) => (best / tokens).toFixed(2);
      const ratio = (key) => (decoding[key] / training[key]).toFixed(2);
      results.push([width, batch, step(training), step(decoding), ratio('best'), ratio('median')]);
      console.error(results.at(-1).join('  '));
    }
  }
} finally {
  endWorkers();
}
printMachine(machine(), {});
console.log(table(['width', 'batch', "ms a step, training's threads", "decoding's", 'ratio', 'of medians'], results));
