import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AnyPlugin, CheckpointVerifier, Comparison, GoldenFolder, HiddenStates, Log, PluginKind } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { PluginRegistry } from '../plugin/plugin-registry.js';
import { readConfigFields } from '../tensor/index.js';
import { openGolden } from './open-golden.js';

export interface Verification {
  folder: string;
  /** The plugin that was the model, as `llm-head causal-lm`. */
  plugin: string;
  passed: boolean;
  comparisons: Comparison[];
}

/** Kinds of plugins that load checkpoints. */
const kinds: readonly PluginKind[] = ['llm-head', 'encoder'];

/**
 * Computes what a folder has reference values for, by the first plugin that can be its model, and compares. The backend has been opened before.
 * Throws Fault USAGE where a file is lacking, CHECKPOINT_INVALID where one is damaged or no plugin can be the model.
 */
export async function verifyCheckpoint(
  folder: string,
  { registry, ...context }: { registry: PluginRegistry; log: Log; signal: AbortSignal },
): Promise<Verification> {
  const golden = openGolden(folder);
  const config = modelConfig(golden);
  const { plugin, verifier } = await verifierOf(config, registry);
  const hiddenStates: HiddenStates = async (tower, pixels, layer) => {
    const { file, values } = readConfigFields(tower);
    const { verifier: encoder } = await verifierOf({ file, values }, registry);
    if (encoder.hiddenStates) return encoder.hiddenStates(tower, pixels, layer);
    throw new Fault('CHECKPOINT_INVALID', `${file} is no vision tower`, { where: { source: file }, key: 'model_type' });
  };
  const comparisons = await verifier.verify(golden, { ...context, hiddenStates });
  if (comparisons.length === 0) {
    throw new Fault('CHECKPOINT_INVALID', `${join(folder, 'golden.json')} holds nothing that can be compared`, {
      where: { source: folder },
    });
  }
  const passed = comparisons.every(({ difference, tolerance }) => difference <= tolerance);
  return { folder, plugin: `${plugin.kind} ${plugin.name}`, passed, comparisons };
}

/** The folder's own config.json, or for an adapter its base model's, for a chain its LLM's. */
function modelConfig({ folder, values: golden }: GoldenFolder): { file: string; values: Readonly<Record<string, unknown>> } {
  if (existsSync(join(folder, 'config.json'))) return readConfigFields(folder);
  if (typeof golden['lm'] === 'string') return readConfigFields(join(folder, '..', golden['lm']));
  if (!existsSync(join(folder, 'adapter_config.json'))) {
    throw new Fault('USAGE', `${folder} has neither config.json nor adapter_config.json`, {
      where: { source: join(folder, 'config.json') },
    });
  }
  const adapter = readConfigFields(folder, 'adapter_config.json');
  const base = adapter.text('base_model_name_or_path');
  const beside = join(folder, base);
  return readConfigFields(existsSync(beside) ? beside : base);
}

async function verifierOf(
  { file, values }: { file: string; values: Readonly<Record<string, unknown>> },
  registry: PluginRegistry,
): Promise<{ plugin: AnyPlugin; verifier: CheckpointVerifier }> {
  for (const kind of kinds) {
    for (const name of registry.names(kind)) {
      const plugin = (await registry.load(kind, name)) as AnyPlugin;
      if (plugin.verifier?.accepts(values)) return { plugin, verifier: plugin.verifier };
    }
  }
  const model = JSON.stringify(values['model_type'] ?? null);
  throw new Fault('CHECKPOINT_INVALID', `${file}: model_type: no plugin can be the model ${model}`, {
    where: { source: file },
    key: 'model_type',
    hint: 'mienlab plugins lists what there is',
  });
}
