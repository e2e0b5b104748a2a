// Throughput of judge calls against a local endpoint that answers in 50 ms, a part of them with 429, 503, broken JSON or a wrong count.
// The endpoint is a process of its own; the goal is 90 % of concurrency / 50 ms, counted in answered requests.
// usage: node bench/judge.mjs [--concurrency 8,16,32] [--seconds 4] [--faulty 0.05] [--json]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../dist/framework/plugin/index.js';
import openai from '../dist/plugins/judges/openai/plugin.js';
import autodq from '../dist/plugins/metrics/autodq/plugin.js';
import { defaultConfig } from '../dist/framework/plugin/index.js';

const { values: options } = parseArgs({
  options: {
    concurrency: { type: 'string', default: '8,16,32' },
    seconds: { type: 'string', default: '4' },
    faulty: { type: 'string', default: '0.05' },
    json: { type: 'boolean', default: false },
  },
});
const latency = 50;

async function endpoint(faulty) {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('workers/judge-endpoint.mjs', import.meta.url)), String(latency), String(faulty)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value: address } = await lines.next();
  return {
    address,
    /** Requests that it answered so far. */
    async served() {
      child.stdin.write('count\n');
      return Number((await lines.next()).value);
    },
    async close() {
      child.kill();
      await once(child, 'close');
    },
  };
}

/** Answers a second of a bare loop over fetch, the same number at once: what this machine allows. */
async function bare(concurrency) {
  const server = await endpoint(0);
  const messages = ['system', 'user'].map((role) => ({ role, content: 'Caption: "she smiles. she blinks."' }));
  let left = Number(options.seconds) * concurrency * (1000 / latency);
  const all = left;
  const started = performance.now();
  const loop = async () => {
    while (left-- > 0)
      await (await fetch(`${server.address}/chat/completions`, { method: 'POST', body: JSON.stringify({ messages }) })).text();
  };
  await Promise.all(Array.from({ length: concurrency }, loop));
  const perSecond = (all / (performance.now() - started)) * 1000;
  await server.close();
  return perSecond;
}

async function measure(concurrency, faulty) {
  const server = await endpoint(faulty);
  const folder = mkdtempSync(join(tmpdir(), 'mienlab-judge-'));
  const context = {
    log: { info: () => {}, warn: () => {} },
    progress: { start: () => ({ done: () => {}, end: () => {} }) },
    random: seededRandom(0),
    signal: new globalThis.AbortController().signal,
    folder: () => folder,
    resolve: (path) => path,
  };
  const config = { ...defaultConfig(openai.config), model: 'stub', endpoint: server.address, concurrency };
  const judge = await openai.create(context, config, { grammar: null });
  const metric = await autodq.create(context, defaultConfig(autodq.config), { judge, grammar: null });
  // Four questions a clip.
  const clips = Array.from({ length: Math.ceil((Number(options.seconds) * concurrency * (1000 / latency)) / 4) }, (_, i) => ({
    clip: { id: `c${i}`, video: '', split: 'test', instruction: '', references: [`reference ${i}. she smiles. she blinks.`] },
    prediction: `prediction ${i}. she smiles. she frowns.`,
    principal: null,
    times: [],
  }));
  const started = performance.now();
  const [score] = await metric.score(clips);
  const seconds = (performance.now() - started) / 1000;
  const served = await server.served();
  await server.close();
  rmSync(folder, { recursive: true });
  const { retried, repaired, failed } = judge.usage();
  const possible = concurrency / (latency / 1000);
  const scored = score.values.filter((value) => value !== null).length;
  return {
    concurrency,
    faulty,
    served,
    seconds,
    perSecond: served / seconds,
    share: served / seconds / possible,
    retried,
    repaired,
    failed,
    scored,
    clips: clips.length,
  };
}

const results = [];
for (const faulty of [0, Number(options.faulty)]) {
  for (const concurrency of options.concurrency.split(',').map(Number)) {
    const one = { ...(await measure(concurrency, faulty)), bare: await bare(concurrency) };
    results.push(one);
    if (options.json) continue;
    const { served, seconds, perSecond, share, retried, repaired, failed, scored, clips } = one;
    console.log(
      `concurrency ${concurrency}, faulty ${faulty}: ${served} answers in ${seconds.toFixed(2)} s, ${perSecond.toFixed(0)}/s, ` +
        `${(100 * share).toFixed(1)} % of what ${latency} ms allow, ${((100 * perSecond) / one.bare).toFixed(1)} % of a bare loop over fetch; sent again ${retried}, repaired ${repaired}, failed ${failed}; ${scored} of ${clips} clips scored`,
    );
  }
}
if (options.json) console.log(JSON.stringify(results, null, 2));
