import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { packageRoot } from '../../paths.js';
import { holm } from './holm.js';

const golden = join(packageRoot, '../shared/goldens/statistics/golden.json');

function near(actual: readonly number[], expected: readonly number[]): void {
  assert.is(actual.length, expected.length);
  actual.forEach((value, index) => assert.ok(Math.abs(value - expected[index]!) < 1e-12, `${value} is not ${expected[index]}`));
}

test('adjusted p-values by hand, in the order given, ties and none included', () => {
  near(holm([0.04, 0.01, 0.03]), [0.06, 0.03, 0.06]);
  near(holm([0.5, 0.5]), [1, 1]);
  assert.equal(holm([]), []);
});

if (existsSync(golden)) {
  test('equal to statsmodels on the golden', () => {
    const cases = (
      JSON.parse(readFileSync(golden, 'utf8')) as {
        multiple_testing: { p: number[]; holm: { adjusted: number[]; 'reject_at_0.05': boolean[] } }[];
      }
    ).multiple_testing;
    assert.ok(cases.length >= 5);
    for (const { p, holm: expected } of cases) {
      const adjusted = holm(p);
      near(adjusted, expected.adjusted);
      assert.equal(
        adjusted.map((value) => value <= 0.05),
        expected['reject_at_0.05'],
      );
    }
  });
} else test.skip('equal to statsmodels on the golden: ../shared/goldens is not here', () => {});

test.run();
