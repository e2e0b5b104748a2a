import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { learningRateFactor } from './learning-rate.js';

const goldens = join(process.cwd(), '..', 'shared', 'goldens', 'transformers', 'cosine_schedule.json');

interface Golden {
  num_warmup_steps: number;
  num_training_steps: number;
  num_cycles: number;
  lr_at_step_0_to_n: number[];
}

test('the cosine schedule is the one of transformers', () => {
  if (!existsSync(goldens)) return void console.log('skipped: ../shared/goldens is not there');
  const cases = (JSON.parse(readFileSync(goldens, 'utf8')) as Golden[]).filter(({ num_cycles }) => num_cycles === 0.5);
  assert.is(cases.length, 3);
  for (const { num_warmup_steps: warmUp, num_training_steps: steps, lr_at_step_0_to_n: expected } of cases) {
    const schedule = { name: 'cosine', 'warm-up': warmUp, final: 0 } as const;
    for (let step = 0; step < steps; step++) {
      assert.ok(Math.abs(learningRateFactor(schedule, step, steps) - expected[step]!) < 1e-12, `${warmUp} ${steps}: step ${step}`);
    }
  }
});

test('all schedules rise over the warm-up and end where they should', () => {
  const at = (name: 'constant' | 'cosine' | 'linear', step: number) => learningRateFactor({ name, 'warm-up': 4, final: 0.1 }, step, 24);
  for (const name of ['constant', 'cosine', 'linear'] as const) {
    assert.equal(
      [0, 1, 2, 3, 4].map((step) => at(name, step)),
      [0, 0.25, 0.5, 0.75, 1],
    );
  }
  assert.is(at('constant', 23), 1);
  assert.ok(Math.abs(at('linear', 14) - 0.55) < 1e-12);
  assert.ok(Math.abs(at('cosine', 14) - 0.55) < 1e-12);
  assert.is(at('linear', 24), 0.1);
  assert.is(at('cosine', 30), 0.1);
});

test.run();
