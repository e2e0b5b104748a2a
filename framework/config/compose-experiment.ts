import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { Fault, FaultList } from '../faults/index.js';
import { packageRoot } from '../paths.js';
import { type ComposedConfig, composeConfig, mergeConfig, type OverrideInput, withPlaces } from './compose-config.js';
import { type ConfigSource, FolderSource } from './config-source.js';
import { faultAt } from './fault-at.js';
import { PluginSource } from './plugin-source.js';
import { sweepAxes, type SweepAxis, sweepJobs } from './expand-sweep.js';
import { sweepFromConfig, withoutSweep } from './sweep-block.js';

/** Where an experiment is looked for, and what its primary config is called there. */
export interface ExperimentPlace {
  configDirs: ConfigSource[];
  name: string;
}

/** One run of an experiment: the overrides that make it, and its config, without the sweep block. */
export interface ExperimentJob {
  overrides: readonly string[];
  /** The part of the overrides that differs between jobs: swept key to value, as written behind the `=`. */
  swept: Readonly<Record<string, string>>;
  composed: ComposedConfig;
}

export interface ComposedExperiment {
  /** What is swept over, in the order in which the jobs vary: the last fastest. */
  axes: readonly SweepAxis[];
  jobs: readonly ExperimentJob[];
}

const experimentsFolder = 'experiments';

/**
 * Finds an experiment by the path of its file, or by its name in ./experiments or in the package's own experiments. Its folder is searched
 * first (the nearest folder called "experiments" above it, where there is one), then the package's, then the plugins' defaults.
 */
export function findExperiment(fileOrName: string): ExperimentPlace {
  const shared = join(packageRoot, experimentsFolder);
  const file = [fileOrName, `${fileOrName}.yaml`]
    .map((each) => resolve(each))
    .find((each) => statSync(each, { throwIfNoEntry: false })?.isFile());
  const own = file ? experimentsRoot(file) : resolve(experimentsFolder);
  const folders = [...new Set([own, shared])].filter((folder) => existsSync(folder));
  const name = file ? relative(own, file).split(sep).join('/') : fileOrName;
  const configDirs = [...folders.map((folder) => new FolderSource(folder)), new PluginSource(join(packageRoot, 'plugins'))];
  if (!file && !configDirs.some((source) => source.has(name))) {
    const known = [...new Set(configDirs.flatMap((source) => source.list('')))].sort();
    throw new Fault('CONFIG_NOT_FOUND', `there is no experiment "${fileOrName}"`, {
      known,
      hint: `give the path of a file, or a name in ${configDirs.map((source) => source.name).join(', ')}`,
    });
  }
  return { configDirs, name: name.replace(/\.yaml$/, '') };
}

function experimentsRoot(file: string): string {
  for (let folder = dirname(file); dirname(folder) !== folder; folder = dirname(folder)) {
    if (basename(folder) === experimentsFolder) return folder;
  }
  return dirname(file);
}

/**
 * Composes an experiment and all its jobs: the axes of its sweep block and of the command line's sweeps, a key of the command line in place
 * of the block's. Throws a FaultList, before anything is started.
 */
export function composeExperiment(fileOrName: string, overrides: readonly OverrideInput[] = [], env = process.env): ComposedExperiment {
  const { configDirs, name } = findExperiment(fileOrName);
  const given = withPlaces(overrides);
  const block = sweepFromConfig(mergeConfig({ configDirs, name, overrides: given, env, global: true, beforeSweep: true }).root, env);
  const axes = sweepAxes([...block, ...given], configDirs);
  const empty = axes.find((axis) => axis.values.length === 0);
  if (empty)
    throw faultAt(
      { from: empty.from, start: 0, end: empty.from.text.length },
      'CONFIG_VALUE',
      `the sweep over "${empty.key}" has no values`,
    );
  const swept = axes.filter((axis) => axis.swept);
  const blockKeys = new Set(block.map((override) => override.text.slice(0, override.text.indexOf('='))));
  const jobs = sweepJobs(axes).map((job): ExperimentJob => {
    // What does not sweep is composed as it was written, so that faults show the user's own words.
    const written = job.map((override, index) => (axes[index]!.swept ? override : axes[index]!.from));
    const composed = composeConfig({ configDirs, name, overrides: written, env, global: true });
    checkBlock(composed, blockKeys);
    const texts = job.map((override) => override.text);
    const values = swept.map(({ key }) => [key, texts.find((text) => text.startsWith(`${key}=`))!.slice(key.length + 1)]);
    return { overrides: texts, swept: Object.fromEntries(values) as Record<string, string>, composed: composed.withTree(withoutSweep) };
  });
  return { axes: swept, jobs };
}

/** A config that a job chooses cannot bring axes of its own: they would be ignored. */
function checkBlock(job: ComposedConfig, keys: ReadonlySet<string>): void {
  const block = job.tree.entries.get('sweep');
  const added = block?.kind === 'map' ? [...block.entries].filter(([key]) => !keys.has(key)) : [];
  const faults = added.map(([key, node]) =>
    faultAt(
      node.keyOrigin ?? node.origin,
      'CONFIG_VALUE',
      `a config that the sweep itself chooses adds the axis "${key}", which would be ignored`,
      { key: `sweep.${key}`, hint: 'put the axis into the experiment file' },
    ),
  );
  if (faults.length > 0) throw new FaultList(faults);
}
