import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { Fault } from '../faults/index.js';
import type { PluginRegistry } from '../plugin/plugin-registry.js';
import { readSafetensors } from '../tensor/index.js';

const part = 'llm-head/';

/**
 * Writes the LLM head of a tuned checkpoint for others, by its plugin. Gives what was written, in words.
 * Throws Fault USAGE where the folder is no checkpoint of a run or its head cannot be exported, CHECKPOINT_INVALID where it is damaged.
 */
export async function exportCheckpoint(
  checkpoint: string,
  target: { folder: string; merged: boolean },
  registry: PluginRegistry,
): Promise<string> {
  const [config, weights] = ['config.yaml', 'model.safetensors'].map((name) => join(checkpoint, name)) as [string, string];
  const lacking = [config, weights].find((file) => !existsSync(file));
  if (lacking !== undefined) {
    throw new Fault('USAGE', `${lacking} is not there`, {
      where: { source: lacking },
      expected: 'the folder of a tuned checkpoint, as the tag mienlab.checkpoint of a run names it',
    });
  }
  const block = (parse(readFileSync(config, 'utf8')) as Record<string, unknown> | null)?.['llm-head'] as
    (Record<string, unknown> & { name?: unknown }) | undefined;
  if (typeof block?.name !== 'string') throw new Fault('CHECKPOINT_INVALID', `${config} names no llm-head`, { where: { source: config } });
  const { name, ...options } = block;
  const plugin = await registry.load('llm-head', name as string);
  if (!plugin.exporter) {
    throw new Fault('USAGE', `the LLM head ${name as string} is mienlab's own: nobody else could read it`, { known: ['causal-lm'] });
  }
  const { tensors } = readSafetensors(weights);
  const own = Object.entries(tensors).flatMap(([key, tensor]) => (key.startsWith(part) ? [[key.slice(part.length), tensor] as const] : []));
  return plugin.exporter.export(Object.fromEntries(own), options, target);
}
