import { tmpdir } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseGpus } from './gpu-sample.js';
import { sampleSystemMetrics } from './sample-system-metrics.js';
import { networkBytes } from './system-sample.js';

test('network bytes leave the loopback out', () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:  999 1 0 0 0 0 0 0  999 1 0 0 0 0 0 0
  eth0: 1000 5 0 0 0 0 0 0  300 4 0 0 0 0 0 0
 wlan0:50 5 0 0 0 0 0 0  7 4 0 0 0 0 0 0
`;
  assert.equal(networkBytes(text), { received: 1050, sent: 307 });
});

test("nvidia-smi's table becomes MLflow's names; what it does not know is left out", () => {
  assert.equal(parseGpus('0, 1000, 4000, 37, 50.5, 101\n1, 0, 8000, [N/A], [N/A], [N/A]\n'), {
    'system/gpu_0_memory_usage_megabytes': 1048.576,
    'system/gpu_0_memory_usage_percentage': 25,
    'system/gpu_0_utilization_percentage': 37,
    'system/gpu_0_power_usage_watts': 50.5,
    'system/gpu_0_power_usage_percentage': 50,
    'system/gpu_1_memory_usage_megabytes': 0,
    'system/gpu_1_memory_usage_percentage': 0,
  });
});

test('samples come at once, every interval and at the end, with their own steps', async () => {
  const samples: [number, Record<string, number>][] = [];
  const stop = sampleSystemMetrics({ log: (values, step) => samples.push([step, values]), folder: tmpdir(), intervalMs: 40, firstStep: 5 });
  assert.is(samples.length, 1);
  await wait(400);
  stop();
  stop();
  const count = samples.length;
  assert.ok(count >= 4, String(count));
  await wait(100);
  assert.is(samples.length, count);
  assert.equal(
    samples.map(([step]) => step),
    samples.map((_, i) => 5 + i),
  );
  const last = samples.at(-1)![1];
  for (const name of ['cpu_utilization', 'system_memory_usage', 'disk_usage']) {
    const value = last[`system/${name}_percentage`]!;
    assert.ok(value >= 0 && value <= 100, `${name} ${value}`);
  }
  assert.ok(last['system/system_memory_usage_megabytes']! > 10);
  assert.ok(last['system/disk_available_megabytes']! > 0);
});

test.run();
