import { existsSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import type { PluginContext } from 'mienlab/contracts';
import { Fault, FaultList, nearest } from 'mienlab/faults';
import type { DataSource } from './data-source.js';
import { isDataFile, readDatasetInfo } from './dataset-info.js';
import type { InstructionsConfig } from './plugin.js';

const infoFile = 'dataset_info.json';

/** The parts of the mixture that a config names. Throws Faults DATASET_MISSING, DATASET_INVALID and CONFIG_VALUE, all that there are together. */
export function mixtureOf(config: InstructionsConfig, resolve: PluginContext['resolve']): DataSource[] {
  const faults: Fault[] = [];
  const paths = [config.path].flat();
  const given = { ...(config.root && { root: resolve(config.root) }) };
  const sources = paths.flatMap((shown): DataSource[] => {
    try {
      const path = resolve(shown);
      if (!existsSync(path)) {
        throw new Fault('DATASET_MISSING', `there is no ${shown}`, { key: 'data.path', expected: `a file of samples, or ${infoFile}` });
      }
      const folder = statSync(path).isDirectory();
      const info = folder ? join(path, infoFile) : basename(path) === infoFile ? path : undefined;
      if (info && existsSync(info)) {
        const told = folder ? join(shown, infoFile) : shown;
        const described = readDatasetInfo(info, told, paths.length > 1 ? [] : config.datasets);
        return described.map((source) => ({ root: dirname(info), weight: 1, ...source, ...given }));
      }
      if (folder || !isDataFile({ path })) {
        const expected = `a .json or .jsonl file, or a folder with ${infoFile}`;
        throw new Fault('DATASET_INVALID', `${shown} is no file of samples`, { key: 'data.path', expected });
      }
      const name = basename(path, extname(path));
      return [{ name, files: [{ path, shown }], form: { name: 'auto' }, root: dirname(path), weight: 1, ...given }];
    } catch (error) {
      faults.push(...(error instanceof FaultList ? error.faults : [error as Fault]));
      return [];
    }
  });
  const names = sources.map(({ name }) => name);
  for (const key of ['weights', 'splits'] as const) {
    for (const name of faults.length ? [] : Object.keys(config[key])) {
      if (names.includes(name)) continue;
      const message = `data.${key}: there is no part "${name}"`;
      faults.push(new Fault('CONFIG_VALUE', message, { key: `data.${key}.${name}`, nearest: nearest(name, names), known: names }));
    }
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    faults.push(new Fault('DATASET_INVALID', `two parts are called "${twice}"`, { key: 'data.path', hint: 'rename a file' }));
  if (faults.length) throw faults.length === 1 ? faults[0]! : new FaultList(faults);
  return sources.map((source) => ({
    ...source,
    ...(config.weights[source.name] !== undefined && { weight: config.weights[source.name]! }),
    ...(config.splits[source.name] !== undefined && { split: config.splits[source.name]! }),
  }));
}
