import type { OverrideInput } from '../config/compose-config.js';
import { composeExperiment, type ExperimentJob } from '../config/compose-experiment.js';
import { loadSettings } from '../config/load-settings.js';
import { Fault, FaultList, formatFault } from '../faults/index.js';
import type { PluginRegistry } from '../plugin/plugin-registry.js';
import { checkPorts } from './check-ports.js';
import { checkTraining } from './check-training.js';
import { choosePlugins } from './choose-plugins.js';
import type { ExperimentPlan } from './experiment-plan.js';
import { runLabel } from './run-label.js';
import type { RunPlan } from './run-plan.js';

interface PlanOptions {
  registry: PluginRegistry;
  env?: NodeJS.ProcessEnv;
  /** Command-line arguments that the settings schema names, such as `--backend wasm`. */
  args?: string[];
}

async function planRun({ composed, overrides, swept }: ExperimentJob, { registry, env, args }: PlanOptions): Promise<RunPlan> {
  const config = composed.config as Record<string, unknown>;
  const settings = loadSettings(config, { placed: composed, env, args });
  checkTraining(settings, composed);
  const chosen = await choosePlugins(settings, registry, composed);
  const ports = checkPorts(chosen.plugins, settings, composed);
  return { ...chosen, label: runLabel(swept, settings.tracker.name), swept, overrides, settings, config, ports };
}

/** Composes an experiment and checks all its runs: settings, plugins, ports. Starts nothing. Throws a FaultList of everything found, each once. */
export async function planExperiment(
  fileOrName: string,
  overrides: readonly OverrideInput[],
  options: PlanOptions,
): Promise<ExperimentPlan> {
  const { axes, jobs } = composeExperiment(fileOrName, overrides, options.env);
  const runs: RunPlan[] = [];
  const faults = new Map<string, Fault>();
  for (const job of jobs) {
    try {
      runs.push(await planRun(job, options));
    } catch (error) {
      const found = error instanceof FaultList ? error.faults : error instanceof Fault ? [error] : undefined;
      if (!found) throw error;
      // A sweep repeats what its runs have in common.
      for (const fault of found) faults.set(formatFault(fault), fault);
    }
  }
  if (faults.size) throw new FaultList([...faults.values()]);
  return { settings: runs[0]!.settings, runs, axes: axes.map(({ key }) => key).filter((key) => key !== 'seed'), source: fileOrName };
}
