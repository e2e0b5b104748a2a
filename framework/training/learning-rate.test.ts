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

test('the rates of the AdamW goldens: the first step of a warm-up has rate 0', () => {
  const file = join(goldens, '..', 'qwen2-untied', 'golden.json');
  if (!existsSync(file)) return void console.log('skipped: ../shared/goldens is not there');
  interface Rates {
    lr: number[];
    lr_value: number;
    num_warmup_steps?: number;
    num_training_steps?: number;
  }
  const golden = JSON.parse(readFileSync(file, 'utf8')) as Record<'adamw_constant_lr' | 'adamw_cosine_warmup', Rates>;
  for (const [name, { lr, lr_value: peak, num_warmup_steps: warmUp = 0, num_training_steps: steps = 5 }] of [
    ['constant', golden.adamw_constant_lr],
    ['cosine', golden.adamw_cosine_warmup],
  ] as const) {
    lr.forEach((expected, step) => {
      const rate = peak * learningRateFactor({ name, 'warm-up': warmUp, final: 0 }, step, steps);
      assert.ok(Math.abs(rate - expected) < 1e-15, `${name}, step ${step}: ${rate}, not ${expected}`);
    });
  }
});

test('a warm-up below 1 is a share of the steps, rounded up', () => {
  const at = (warmUp: number, step: number) => learningRateFactor({ name: 'constant', 'warm-up': warmUp, final: 0 }, step, 130);
  assert.equal(
    [0, 1, 2, 3, 4].map((step) => at(0.03, step)),
    [0, 0.25, 0.5, 0.75, 1],
  );
  assert.is(at(0, 0), 1);
  assert.equal([at(1, 0), at(1, 1)], [0, 1]);
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
