import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MlflowClient } from '../framework/runlog/mlflow/index.js';
import { mlflowExecutable } from '../framework/runlog/mlflow-executable.js';
import { startMlflowServer, type MlflowServer } from '../framework/runlog/server/start-mlflow-server.js';
import { resolveTracking } from '../framework/runlog/tracking.js';
import { logAblation, temporaryHome, trackers } from './mlflow-ablation.js';

const executable = mlflowExecutable();
const browserProgram = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const possible = executable !== undefined && existsSync(browserProgram);
const check = possible ? test : test.skip;
if (!executable) console.log('skipped: no mlflow program is to be found (mienlab setup, or MIENLAB_MLFLOW)');
else if (!possible) console.log(`skipped: no browser at ${browserProgram} (apt install chromium, or CHROMIUM)`);

const patienceMs = 20_000;
let server: MlflowServer;
let browser: Browser;
let page: Page;
let experiment: string;
const ids = new Map<string, string>();
const strangers = new Set<string>();

test.before(async () => {
  if (!possible) return;
  [server, browser] = await Promise.all([
    startMlflowServer({ folder: temporaryHome(), executable: executable!, port: 0 }),
    chromium.launch({
      executablePath: browserProgram,
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    }),
  ]);
  await logAblation(resolveTracking({ uri: server.uri }));
  const client = new MlflowClient({ uri: server.uri });
  experiment = (await client.experimentByName('trackers'))!.experiment_id;
  for (const run of await client.searchRuns({ experimentIds: [experiment] })) ids.set(run.info.run_name, run.info.run_id);
  page = await browser.newPage({ viewport: { width: 1500, height: 950 } });
  // MLflow's assistant opens by itself and takes a quarter of the page.
  await page.addInitScript(`localStorage.setItem('mlflow.assistant.fab.autoOpenedOnFirstLoad_v1', 'true')`);
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith('http') && hostname !== '127.0.0.1') strangers.add(hostname);
  });
});

test.after(async () => {
  await browser?.close();
  await server?.stop();
});

async function open(hash: string): Promise<void> {
  await page.goto(`${server.uri}/#${hash}${hash.includes('?') ? '&' : '?'}workflowType=machine_learning`);
  await page.reload();
}

async function see(...texts: string[]): Promise<void> {
  for (const text of texts) await page.getByText(text).filter({ visible: true }).first().waitFor({ timeout: patienceMs });
}

/** Keeps a picture of the page where MIENLAB_SCREENSHOTS names a folder. */
async function picture(name: string): Promise<void> {
  const folder = process.env['MIENLAB_SCREENSHOTS'];
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.waitForTimeout(1500);
  await page.screenshot({ path: join(folder, `mlflow-${name}.png`) });
}

check('the runs of the sweep are nested under it', async () => {
  await open(`/experiments/${experiment}/runs`);
  await see('sweep');
  await page.locator('.ag-cell-wrapper', { hasText: 'sweep' }).getByRole('button').first().click({ timeout: patienceMs });
  await see('none-0', 'largest-face-0', 'facetrack-0');
  await picture('nested');
});

check('the children can be compared: params that differ, metrics', async () => {
  const runs = trackers.map((tracker) => ids.get(`${tracker}-0`));
  const query = `runs=${encodeURIComponent(JSON.stringify(runs))}&experiments=${encodeURIComponent(JSON.stringify([experiment]))}`;
  await open(`/compare-runs?${query}`);
  await see('largest-face-0', 'facetrack-0', 'Parallel Coordinates Plot', 'test/cider');
  await picture('compare');
});

check('curves and the image grid of a run', async () => {
  await open(`/experiments/${experiment}/runs/${ids.get('facetrack-0')}/model-metrics`);
  await see('faces/clip-1');
  const image = page.locator('[data-testid=experiment-view-compare-runs-card] img').first();
  await image.waitFor({ timeout: patienceMs });
  await page.waitForFunction('document.querySelector("[data-testid=experiment-view-compare-runs-card] img").naturalWidth > 0');
  assert.is(await image.evaluate((element) => (element as unknown as { naturalWidth: number }).naturalWidth), 160);
  await picture('images');
  await page.locator('[data-testid=experiment-view-compare-runs-section-header]', { hasText: 'train' }).scrollIntoViewIfNeeded();
  await page.locator('.js-plotly-plot .scatterlayer').first().waitFor({ timeout: patienceMs });
  await see('facetrack-0 (train/loss)');
  await picture('curves');
});

check('the predictions are shown as a table', async () => {
  await open(`/experiments/${experiment}/runs/${ids.get('facetrack-0')}/artifacts/predictions.json`);
  await see('caption', 'facetrack sees AU12 rise', 'clip-2');
  await picture('table');
});

check("the run's page tells who, what data, how it ended", async () => {
  await open(`/experiments/${experiment}/runs/${ids.get('none-0')}`);
  await see('ann', 'drawn-faces', 'Failed', 'tracker');
  await picture('run');
});

check('the pages ask no other machine for anything', () => {
  assert.equal([...strangers], []);
});

test.run();
