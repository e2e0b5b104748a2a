import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { packageRoot } from '../paths.js';
import { PluginRegistry } from '../plugin/plugin-registry.js';
import { generatedPlugins } from '../plugin/registry.generated.js';
import type { CaptionEntry } from '../text/index.js';
import { readCaptionFile } from '../text/index.js';
import { auditAsText } from './audit-as-text.js';
import { type AuditRequest, auditMetrics } from './audit-metrics.js';
import { writeAudit } from './write-audit.js';

const silent = { info: () => undefined, warn: () => undefined };
const services = (signal = new AbortController().signal) => ({
  registry: new PluginRegistry(generatedPlugins),
  log: silent,
  progress: { start: () => ({ done: () => undefined, end: () => undefined }) },
  signal,
});
const entry = (id: string, ...captions: string[]): CaptionEntry => ({ id, captions, fields: {}, where: { source: 'test' } });
const metric = (name: string, options = {}) => ({ name, options });
const hostile = '</text></svg><script>document.title="run"</script>';

// Written for this test, in the manner of FEC-Bench.
const entries = [
  entry(
    'a',
    'A young man. At the beginning of the video, he opens his eyes, and looks to the left. Towards the end of the video, he smiles.',
    'Not looked at.',
  ),
  entry(
    'b',
    'A woman with black hair. At the beginning of the video, she frowns. In the middle of the video, she closes her mouth, and her head tilts left.',
  ),
  entry(
    'c',
    'An elderly man. At the beginning of the video, his eyebrows rise. As the video progresses, he starts speaking, and he blinks.',
  ),
  entry('d', 'A girl sits there. Nothing happens.'),
];
const request = (changes: Partial<AuditRequest> = {}): AuditRequest => ({
  references: { label: hostile, entries },
  metrics: [metric('rouge-l'), metric('bleu')],
  judge: null,
  resamples: 50,
  seed: 0,
  ...changes,
});

test('responses of a metric, by hand', async () => {
  const { metrics, perturbations, n } = await auditMetrics(request(), services());
  assert.is(n, 4);
  assert.equal(
    metrics.map(({ name, detail }) => [name, detail]),
    [
      ['rouge-l', false],
      ['bleu-1', true],
      ['bleu-2', true],
      ['bleu-3', true],
      ['bleu-4', false],
    ],
  );
  assert.equal(Object.fromEntries(perturbations.map((one) => [one.name, one.n])), {
    'order-reversed': 3,
    'opposite-movement': 3,
    'opposite-emotion': 2,
    'left-right': 2,
    'other-person': 3,
    appearance: 3,
    'event-dropped': 3,
    'tenth-cut': 3,
    half: 4,
    paraphrase: 3,
    doubled: 4,
  });
  const rouge = metrics[0]!.responses;
  // Captions a and b have 26 and 28 tokens, of which one is another.
  const emotion = rouge['opposite-emotion']!;
  assert.is(emotion.n, 2);
  assert.is(emotion.untouched.value, 1);
  assert.ok(Math.abs(emotion.perturbed.value - (25 / 26 + 27 / 28) / 2) < 1e-12, String(emotion.perturbed.value));
  const share = (1 - emotion.perturbed.value) / (1 - emotion.floor.value);
  assert.ok(Math.abs(emotion.response!.value - share) < 1e-12);
  // Twice the words: recall 1, precision 1/2, F = (1 + 1.44) / (1.44 + 2).
  assert.ok(Math.abs(rouge['doubled']!.perturbed.value - 2.44 / 3.44) < 1e-12);
  assert.is(rouge['paraphrase']!.overParaphrase, null);
  // Parts with an aggregate have no intervals.
  assert.is(metrics[1]!.responses['half']!.response!.interval, null);
  assert.ok(metrics[4]!.responses['half']!.response!.interval);
});

test('the same seed gives the same audit, and of some items only', async () => {
  const some = request({ items: 3, seed: 5, metrics: [metric('cider'), metric('rouge-l', { beta: 1 })] });
  const [one, two] = [await auditMetrics(some, services()), await auditMetrics(some, services())];
  assert.equal(one, two);
  assert.is(one.n, 3);
});

test('a metric without what it needs is left out with the reason', async () => {
  const { metrics, skipped } = await auditMetrics(request({ metrics: [metric('autodq'), metric('rouge-l')] }), services());
  assert.equal(
    metrics.map(({ name }) => name),
    ['rouge-l'],
  );
  assert.equal(skipped, [{ metric: 'autodq', reason: 'no judge is chosen (judge=NAME)' }]);
});

test('the rules judge reads the order only through TEM-reconstruction', async () => {
  const judged = request({ metrics: [metric('autodq'), metric('tem')], judge: metric('rules'), resamples: 0 });
  const { metrics } = await auditMetrics(judged, services());
  const response = (name: string, perturbation: string) =>
    metrics.find((one) => one.name === name)!.responses[perturbation]!.response!.value;
  assert.ok(Math.abs(response('autodq', 'order-reversed')) < 1e-9);
  assert.ok(response('tem', 'order-reversed') > 0.3);
});

test('fewer than two captions and an interruption', async () => {
  const fails = async (work: Promise<unknown>) =>
    work.then(
      () => assert.unreachable(),
      (error: unknown) => error as { code?: string; message: string },
    );
  assert.is((await fails(auditMetrics(request({ items: 1 }), services())))!.code, 'CAPTIONS_INVALID');
  assert.is((await fails(auditMetrics(request(), services(AbortSignal.abort(new Error('stop'))))))!.message, 'stop');
});

test('terminal, page and picture', async () => {
  const audit = await auditMetrics(request(), services());
  const lines = auditAsText(audit, 200).split('\n');
  assert.match(lines[2]!, /^response, % +n +words, % +changed, % +rouge-l +bleu-4$/);
  assert.match(
    lines.find((line) => line.startsWith('doubled'))!,
    /^doubled +4 +200 +50 +\d+ \[\d+ \d+\]/,
  );
  const folder = mkdtempSync(join(tmpdir(), 'mienlab-audit-'));
  try {
    const page = await writeAudit(join(folder, 'new'), audit);
    assert.equal(readdirSync(join(folder, 'new')).sort(), ['audit.html', 'audit.json', 'audit.svg']);
    assert.equal(JSON.parse(readFileSync(join(folder, 'new', 'audit.json'), 'utf8')), JSON.parse(JSON.stringify(audit)));
    const svg = readFileSync(join(folder, 'new', 'audit.svg'), 'utf8');
    // Eleven perturbations of two main scores.
    assert.is(svg.match(/<circle/g)!.length, 22);
    assert.match(svg, /<title>rouge-l, doubled: \d+ \[\d+, \d+\]<\/title\s*>/);
    for (const text of [svg, readFileSync(page, 'utf8')]) {
      assert.not.match(text, /<script|NaN|undefined/);
      assert.not.match(text.replaceAll('http://www.w3.org/2000/svg', ''), /https?:/);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const file = join(packageRoot, '../shared/data/fec-bench/test.json');
if (!existsSync(file)) console.log(`skipped: no ${file}`);
(existsSync(file) ? test : test.skip)('docs/metric-audit.md says what comes out', async () => {
  const audit = await auditMetrics(
    request({
      references: { label: 'fec-bench', entries: readCaptionFile(file) },
      metrics: [metric('cider'), metric('rouge-l')],
      resamples: 0,
    }),
    services(),
  );
  const lines = readFileSync(join(packageRoot, 'docs', 'metric-audit.md'), 'utf8').split('\n');
  for (const { name, n } of audit.perturbations) {
    const cells = lines.find((line) => line.startsWith(`| ${name} |`))!.split('|');
    const own = audit.metrics.map(({ responses }) => Math.round(100 * responses[name]!.response!.value));
    assert.equal(
      [cells[2]!, cells[5]!, cells[6]!].map((cell) => parseInt(cell)),
      [n, ...own],
      name,
    );
  }
});

test.run();
