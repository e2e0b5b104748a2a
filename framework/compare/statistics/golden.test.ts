import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { packageRoot } from '../../paths.js';
import { seededRandom } from '../../plugin/index.js';
import { benjaminiHochberg } from './benjamini-hochberg.js';
import { normalTail } from './normal-tail.js';
import { signFlipTest } from './sign-flip-test.js';
import { wilcoxon, type WilcoxonOptions } from './wilcoxon.js';

const file = join(packageRoot, '../shared/goldens/statistics/golden.json');
const golden = existsSync(file) ? test : test.skip;
if (!existsSync(file)) console.log(`skipped: no ${file}`);

interface Golden {
  paired: Record<
    string,
    {
      a: number[];
      b: number[];
      wilcoxon: Record<string, { W: number; p_two_sided: number | null; p_greater: number | null }>;
      permutation_exact: { permutations: number; p_two_sided_abs: number } | null;
    }
  >;
  multiple_testing: { p: number[]; benjamini_hochberg: { adjusted: number[]; 'reject_at_0.05': boolean[] } }[];
}
const read = () => JSON.parse(readFileSync(file, 'utf8')) as Golden;

function near(actual: number, expected: number | null, tolerance: number, what: string): void {
  if (expected === null) assert.ok(Number.isNaN(actual), `${what}: ${actual} against NaN`);
  else assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual} against ${expected}`);
}

test('the normal tail is that of mpmath', () => {
  // mpmath.erfc(z / sqrt(2)) / 2 with 30 digits.
  for (const [z, expected] of [
    [0, 0.5],
    [1.959963984540054, 0.025],
    [-1, 0.841344746068543],
    [5, 2.866515718791939e-7],
    [10, 7.61985302416053e-24],
  ] as const) {
    near(normalTail(z) / expected, 1, 1e-12, `z ${z}`);
  }
});

golden('Wilcoxon signed-rank is scipy’s, in every choice of method, zeros and correction', () => {
  let compared = 0;
  for (const [name, { a, b, wilcoxon: expected }] of Object.entries(read().paired)) {
    const differences = a.map((value, i) => value - b[i]!);
    const plain = new Set(differences.map(Math.abs)).size === differences.length && !differences.includes(0);
    for (const [key, one] of Object.entries(expected)) {
      const [method, zeros, correction] = key.split('.') as [string, WilcoxonOptions['zeros'], string];
      // scipy's `exact` takes no notice of ties; ours does.
      if (method === 'exact' && !plain) continue;
      const options = { auto: 'auto', exact: 'exact', approx: 'approximate' } as const;
      const result = wilcoxon(differences, {
        method: options[method as keyof typeof options],
        zeros,
        correction: correction === 'correction_true',
      });
      const exact = result.method === 'exact';
      near(result.w, one.W, 1e-10, `${name} ${key} W`);
      near(result.p, one.p_two_sided, exact ? 1e-12 : 1e-8 * (one.p_two_sided ?? 0), `${name} ${key} p`);
      near(result.pGreater, one.p_greater, exact ? 1e-12 : 1e-8 * (one.p_greater ?? 0), `${name} ${key} p greater`);
      compared++;
    }
  }
  assert.ok(compared > 80, `${compared} compared`);
});

golden('the paired permutation test over all sign flips is the golden’s', () => {
  const cases = Object.entries(read().paired).filter(([, { permutation_exact }]) => permutation_exact);
  assert.ok(cases.length >= 5);
  for (const [name, { a, b, permutation_exact: expected }] of cases) {
    const result = signFlipTest(
      a.map((value, i) => value - b[i]!),
      0,
      seededRandom(0),
    );
    near(result.p, expected!.p_two_sided_abs, 1e-12, name);
    assert.equal([result.flips, result.exact], [expected!.permutations, true]);
  }
});

golden('Benjamini-Hochberg is statsmodels’', () => {
  const cases = read().multiple_testing;
  assert.ok(cases.length >= 5);
  for (const { p, benjamini_hochberg: expected } of cases) {
    const adjusted = benjaminiHochberg(p);
    adjusted.forEach((value, i) => near(value, expected.adjusted[i]!, 1e-12, `p ${p[i]}`));
    assert.equal(
      adjusted.map((value) => value <= 0.05),
      expected['reject_at_0.05'],
    );
  }
});

test('random sign flips agree with all of them', () => {
  const random = seededRandom(4);
  // 14 differences by all flips; the same with two zeros more, which change no sum, by random ones.
  const differences = Array.from({ length: 14 }, () => random.normal() + 0.3);
  const all = signFlipTest(differences, 0, random);
  const drawn = signFlipTest([...differences, 0, 0], 40_000, random);
  assert.equal([all.exact, drawn.exact], [true, false]);
  near(drawn.p, all.p, 4 * Math.sqrt((all.p * (1 - all.p)) / 40_000), 'p');
});

test.run();
