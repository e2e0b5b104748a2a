import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { analyse } from './analysis.js';
import type { Comparison } from './comparison.js';
import { htmlReport } from './html-report.js';
import { html, safeHref } from './html/markup.js';
import { drawOverlay } from './overlay.js';
import { madeUpComparison } from './testing/made-up-comparison.js';
import { madeUpFrames } from './testing/made-up-frames.js';
import { writeReport } from './write-report.js';

const few = { resamples: 400, aggregateResamples: 100 };
const hostile = '</dd></dl><script>document.title="run"</script><img src=x onerror="document.title=\'run\'"> & "q" \u202e\u0007 {{x}}';

/** Every text that a user, a model or a plugin can set holds markup. */
function hostileComparison(): Comparison {
  const data = madeUpComparison({ clips: 24, seeds: 2 });
  const rename = (label: string) => `${label} ${hostile}`;
  return {
    ...data,
    name: hostile,
    title: hostile,
    compared: hostile,
    created: hostile,
    settings: data.settings.map((setting) => ({
      label: rename(setting.label),
      choices: { [hostile]: hostile },
      runs: setting.runs.map((run) => ({
        ...run,
        curves: {
          [hostile]: [
            [0, 1],
            [1, NaN],
            [2, 0.5],
          ] as [number, number][],
        },
        scores: run.scores.map((score) => ({ ...score, note: hostile })),
        skipped: [{ clip: hostile, reason: hostile }],
        runUrl: 'javascript:document.title="run"',
      })),
    })),
    clips: data.clips.map(({ id, kind }) => ({ id: rename(id), kind: rename(kind!) })),
    blind: data.blind.map((baseline) => ({ ...baseline, label: rename(baseline.label) })),
    claims: data.claims.map((claim) => ({
      ...claim,
      statement: hostile,
      where: hostile,
      caveat: hostile,
      kind: rename(claim.kind!),
      setting: rename(claim.setting),
      against: [...claim.against, 'gone'].map(rename),
    })),
    notes: [hostile],
    samples: [
      {
        clip: rename('test-0003'),
        image: `overlays/"><script>1</script>.png`,
        references: [hostile],
        predictions: Object.fromEntries(data.settings.map(({ label }) => [rename(label), hostile])),
      },
    ],
    environment: { [hostile]: hostile },
    links: [
      { label: hostile, href: hostile },
      { label: 'script', href: ' JavaScript:document.title="run"' },
      { label: 'data', href: 'data:text/html,x' },
      { label: 'fine', href: 'http://127.0.0.1:5000/?a="b"&c' },
    ],
  };
}

function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'mienlab-report-'));
  return use(folder).finally(() => rmSync(folder, { recursive: true }));
}

test('values in templates are escaped, in attributes too', () => {
  assert.is(
    html`<p title="${'"\'<'}">${['a & b', html`<b>${1}</b>`, null, false]}</p>`.text,
    '<p title="&quot;&#39;&lt;">a &amp; b<b>1</b></p>',
  );
  assert.is(html`${'\u0000\u001b\n\t'}`.text, '\ufffd\ufffd\n\t');
});

test('links lead to http(s) or to files beside the report', () => {
  for (const href of ['https://a.b/c', 'HTTP://a', 'config.yaml', '../a/b.html', './x?y=z:w']) assert.is(safeHref(href), href);
  for (const href of [
    'javascript:x',
    ' JavaScript:x',
    'java\nscript:x',
    'data:text/html,x',
    'vbscript:x',
    '//host/x',
    '\\\\host',
    '',
    'file:///etc',
  ]) {
    assert.is(safeHref(href), null, href);
  }
});

test('a report from hostile texts holds none of their tags', () => {
  const data = hostileComparison();
  const page = htmlReport(data, analyse(data, few), (image) => image);
  assert.not.match(page, /<script/i);
  assert.not.match(page, /<img src=x/);
  assert.not.match(page, /href="\s*(javascript|data):/i);
  assert.ok(page.includes('href="http://127.0.0.1:5000/?a=&quot;b&quot;&amp;c"'));
  assert.ok(page.includes('src="overlays/&quot;&gt;&lt;script&gt;1&lt;/script&gt;.png"'));
});

test('nothing is loaded from outside', () => {
  const data = madeUpComparison({ clips: 24, seeds: 2 });
  const page = htmlReport(data, analyse(data, few), () => 'data:image/png;base64,AA==');
  assert.not.match(page, /<(script|link|iframe|object|embed|base|form)\b/i);
  assert.not.match(page, /@import|url\(/i);
  for (const [, source] of page.matchAll(/\bsrc="([^"]*)"/g)) assert.ok(source!.startsWith('data:'), source);
  assert.not.match(page, /\bsrcset=|\bon[a-z]+=/i);
  assert.match(page, /Content-Security-Policy" content="default-src &#39;none&#39;;/);
});

test('the numbers of the analysis stand in the page', () => {
  const data = madeUpComparison({ clips: 24, seeds: 2 });
  const page = htmlReport(data, analyse(data, { resamples: 2000, aggregateResamples: 500 }), () => null).replace(/\s+/g, ' ');
  assert.ok(page.includes('<span class="value">0.65</span>'));
  assert.match(page, /<span class="difference better" ?>\+0\.49\*/);
  assert.ok(page.includes('events is 0.833 for facetrack and 0.472 for largest-face: difference +0.361 [0.194, 0.556], p = 0.002.'));
  assert.ok(page.includes('Holm over 12 comparisons'));
  assert.ok(page.includes('clip test-0117: VIDEO_UNREADABLE: moov atom not found'));
  assert.ok(page.includes('tem-reconstruction: our reconstruction of TEM'));
  assert.ok(page.includes('<span class="chip">events '));
});

test('a comparison of nothing is a page as well', () => {
  const data: Comparison = { ...madeUpComparison({ clips: 0, seeds: 1 }), samples: [] };
  assert.match(
    htmlReport(data, analyse(data), () => null),
    /<\/html>/,
  );
  const bare: Comparison = { ...data, settings: [], blind: [], claims: [], notes: [], links: [], environment: {} };
  assert.match(
    htmlReport(bare, analyse(bare), () => null),
    /<\/html>/,
  );
});

test('written whole, small images inside, large ones linked, missing ones left out', () =>
  inFolder(async (folder) => {
    const data = madeUpComparison({ clips: 12, seeds: 1 });
    mkdirSync(join(folder, 'overlays'));
    writeFileSync(join(folder, 'overlays/small.png'), Buffer.from([1, 2, 3]));
    writeFileSync(join(folder, 'overlays/a large#1.png'), Buffer.alloc(300 * 1024));
    const images = ['overlays/small.png', 'overlays/a large#1.png', 'overlays/gone.png'];
    const samples = data.samples.map((sample, i) => ({ ...sample, clip: `test-000${i}`, image: images[i]! }));
    const path = await writeReport(folder, { ...data, samples }, analyse(data, few));
    const page = readFileSync(path, 'utf8');
    const sources = [...page.matchAll(/<img\s+src="([^"]*)"/g)].map(([, source]) => source);
    assert.equal(sources, ['data:image/png;base64,AQID', 'overlays/a%20large%231.png']);
    assert.equal(readdirSync(folder).sort(), ['overlays', 'report.html', 'result.json']);
    assert.is((JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')) as { name: string }).name, 'quickstart');
  }));

const chromium = ['chromium', 'chromium-browser', 'google-chrome']
  .flatMap((name) => (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)))
  .find((path) => existsSync(path));

if (chromium) {
  test('Chromium shows it without an error, a request or a script, light and dark, and the images', () =>
    inFolder(async (folder) => {
      const { chromium: engine } = await import('playwright-core');
      const { frames, tracked, truth } = madeUpFrames();
      mkdirSync(join(folder, 'overlays'));
      writeFileSync(join(folder, 'overlays/a.png'), await drawOverlay(frames, tracked, truth));
      writeFileSync(join(folder, 'overlays/b.png'), Buffer.concat([await drawOverlay(frames, tracked, truth), Buffer.alloc(300 * 1024)]));
      const made = madeUpComparison({ clips: 24, seeds: 2 });
      const hostileData = hostileComparison();
      const images = ['overlays/a.png', 'overlays/b.png', 'overlays/a.png'];
      const reports = {
        plain: { ...made, samples: made.samples.map((sample, i) => ({ ...sample, image: images[i]! })) },
        hostile: { ...hostileData, samples: hostileData.samples.map((sample) => ({ ...sample, image: 'overlays/a.png' })) },
      };
      const browser = await engine.launch({ executablePath: chromium, args: ['--no-sandbox', '--disable-gpu'] });
      try {
        for (const [name, data] of Object.entries(reports)) {
          const page = await browser.newPage({ colorScheme: name === 'plain' ? 'light' : 'dark', viewport: { width: 1240, height: 900 } });
          const troubles: string[] = [];
          page.on('console', (message) => troubles.push(message.text()));
          page.on('pageerror', (error) => troubles.push(error.message));
          page.on('request', (request) => {
            if (!/^(file|data):/.test(request.url())) troubles.push(request.url());
          });
          await page.goto(pathToFileURL(await writeReport(folder, data, analyse(data, few))).href);
          assert.equal(troubles, [], name);
          const seen = (await page.evaluate(`({
              title: document.title,
              scripts: document.scripts.length,
              wide: document.documentElement.scrollWidth,
              images: [...document.images].map((image) => [image.naturalWidth, image.alt.length > 0]),
              rows: document.querySelector('table').rows.length,
              unlabelled: document.querySelectorAll('svg[role=img]:not([aria-label])').length,
            })`)) as Record<'scripts' | 'wide' | 'rows' | 'unlabelled', number> & { title: string; images: [number, boolean][] };
          assert.is(seen.title, `${data.title.replace('\u0007', '\ufffd')} - mienlab`.replace(/ +/g, ' '));
          assert.is(seen.scripts, 0);
          assert.ok(name === 'hostile' || seen.wide <= 1240, `the page is ${seen.wide} wide`);
          assert.equal(
            seen.images,
            data.samples.map(() => [972, true]),
          );
          assert.is(seen.rows, 6);
          assert.is(seen.unlabelled, 0);
          await page.close();
        }
      } finally {
        await browser.close();
      }
    }));
} else test.skip('Chromium shows it: no Chromium in PATH', () => {});

test.run();
