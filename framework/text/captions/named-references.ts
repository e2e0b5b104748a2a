import { Fault } from '../../faults/index.js';

/** Reference captions that have a name: where the user keeps them is told once, by an environment variable. */
const sets = {
  'fec-bench': {
    variable: 'MIENLAB_FEC_BENCH',
    source: 'test.json of https://github.com/Jiaxing-star/FacialDynamic (research use; 800 of the benchmark’s 1,000 captions are public)',
  },
} as const;

/**
 * The file of reference captions meant by a name, such as `fec-bench`, or by a path, which `resolve` makes absolute.
 * Throws Fault ASSET_MISSING for a named set whose variable is not set, with where to get it.
 */
export function referencesPath(nameOrPath: string, resolve: (path: string) => string): string {
  if (!Object.hasOwn(sets, nameOrPath)) return resolve(nameOrPath);
  const { variable, source } = sets[nameOrPath as keyof typeof sets];
  const path = process.env[variable];
  if (path) return resolve(path);
  throw new Fault('ASSET_MISSING', `where ${nameOrPath} lies is not known`, {
    expected: `${variable} in the environment, the path of ${source}`,
    hint: `get it, then: export ${variable}=/path/to/test.json`,
  });
}
