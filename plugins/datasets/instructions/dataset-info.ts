import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, extname, isAbsolute, join, relative, resolve } from 'node:path';
import type { Split } from 'mienlab/contracts';
import { Fault, FaultList, nearest, type FaultDetails } from 'mienlab/faults';
import { jsonError, jsonOffset, type JsonPath } from 'mienlab/text';
import { defaultColumns, shareGptTags, splits, type Columns, type DataSource, type Form, type Tags } from './data-source.js';
import { placeIn } from './json-entries.js';

/** What LLaMA-Factory's description of a dataset may hold (its data/README.md). */
const remote = ['hf_hub_url', 'ms_hub_url', 'om_hub_url', 'script_url', 'cloud_file_name'];
const known = ['file_name', 'formatting', 'ranking', 'subset', 'split', 'folder', 'num_samples', 'load_from', 'columns', 'tags', ...remote];
const columnNames: Record<string, keyof Columns | 'unused'> = {
  ...{ prompt: 'prompt', query: 'query', response: 'response', history: 'history', messages: 'messages', system: 'system' },
  ...{ videos: 'videos', images: 'images', tools: 'unused', audios: 'unused' },
};
const preference = ['chosen', 'rejected', 'kto_tag'];
const tagNames: Record<string, keyof Tags> = {
  ...{ role_tag: 'role', content_tag: 'content', user_tag: 'user', assistant_tag: 'assistant', system_tag: 'system' },
  ...{ observation_tag: 'observation', function_tag: 'function' },
};
const endings = ['.json', '.jsonl', '.ndjson'];

/**
 * The datasets of these names that a `dataset_info.json` describes, in order; all of them where there are no names. Throws a FaultList of all
 * that is wrong with them, with line and column: DATASET_INVALID, DATASET_MISSING.
 */
export function readDatasetInfo(file: string, shown: string, names: readonly string[]): Omit<DataSource, 'root' | 'weight'>[] {
  const text = readFileSync(file, 'utf8').replace(/^\ufeff/, '');
  const faults: Fault[] = [];
  const broken = jsonError(text);
  if (broken !== undefined) {
    throw new Fault('DATASET_INVALID', 'the JSON is broken here', { where: placeIn({ source: shown }, text, broken) });
  }
  const wrong = (
    path: JsonPath,
    message: string,
    details: FaultDetails = {},
    code: 'DATASET_INVALID' | 'DATASET_MISSING' = 'DATASET_INVALID',
  ) => void faults.push(new Fault(code, message, { where: placeIn({ source: shown }, text, jsonOffset(text, path)), ...details }));
  const info = object(JSON.parse(text));
  if (!info)
    throw new Fault('DATASET_INVALID', 'it describes no datasets', {
      where: { source: shown },
      expected: '{"NAME": {"file_name": "..."}}',
    });
  for (const name of names) {
    if (!Object.hasOwn(info, name)) {
      wrong([], `no dataset is called "${name}"`, {
        key: 'data.datasets',
        nearest: nearest(name, Object.keys(info)),
        known: Object.keys(info),
      });
    }
  }
  const sources = (names.length ? names.filter((name) => Object.hasOwn(info, name)) : Object.keys(info)).map((name) => {
    const entry = object(info[name]);
    if (!entry) return wrong([name], `what describes "${name}" is no object`);
    return describe(name, entry, (path, ...rest) => wrong([name, ...path], ...rest), dirname(file), dirname(shown));
  });
  if (faults.length) throw faults.length === 1 ? faults[0]! : new FaultList(faults);
  return sources as Omit<DataSource, 'root' | 'weight'>[];
}

type Wrong = (path: JsonPath, message: string, details?: FaultDetails, code?: 'DATASET_MISSING') => void;

function describe(
  name: string,
  entry: Record<string, unknown>,
  wrong: Wrong,
  folder: string,
  shown: string,
): Omit<DataSource, 'root' | 'weight'> {
  for (const key of Object.keys(entry)) {
    if (!known.includes(key)) wrong([key], `"${key}" says nothing about a dataset`, { nearest: nearest(key, known), known });
  }
  for (const key of remote)
    if (entry[key]) wrong([key], `"${name}" is not on this machine: data is not fetched`, { expected: '"file_name"' });
  if (entry['ranking'] === true) wrong(['ranking'], `"${name}" ranks answers: instruction samples have one`);
  const formatting = entry['formatting'] ?? 'alpaca';
  if (formatting !== 'alpaca' && formatting !== 'sharegpt') {
    wrong(['formatting'], `there is no format ${JSON.stringify(formatting)}`, { known: ['alpaca', 'sharegpt'] });
  }
  const columns = renamed(entry['columns'], columnNames, (path, ...rest) => wrong(['columns', ...path], ...rest));
  const tags = renamed(entry['tags'], tagNames, (path, ...rest) => wrong(['tags', ...path], ...rest));
  const { unused, ...used } = columns as Partial<Record<keyof Columns, string>> & { unused?: string };
  const all: Columns = { ...defaultColumns, ...used, unused: unused ? unused.split('\n') : [] };
  const form: Form =
    formatting === 'sharegpt' ? { name: 'sharegpt', columns: all, tags: { ...shareGptTags, ...tags } } : { name: 'alpaca', columns: all };
  const count = entry['num_samples'];
  if (count !== undefined && count !== null && !(Number.isInteger(count) && (count as number) > 0)) {
    wrong(['num_samples'], `num_samples is ${JSON.stringify(count)}`, { expected: 'a number of entries' });
  }
  const split = entry['split'];
  if (split !== undefined && !splits.includes(split as Split)) {
    wrong(['split'], `there is no split ${JSON.stringify(split)}`, { nearest: nearest(String(split), splits), known: splits });
  }
  return {
    ...{ name, form, files: filesOf(entry['file_name'], wrong, folder, shown) },
    ...(split !== undefined && { split: split as Split }),
    ...(typeof count === 'number' && { count }),
  };
}

/** Values under our names for their keys. Those that mean one thing are joined by line ends. */
function renamed(given: unknown, names: Record<string, string>, wrong: Wrong): Record<string, string> {
  if (given === undefined) return {};
  const entries = object(given);
  if (!entries) {
    wrong([], 'this is no object', { expected: `names of keys, such as ${Object.keys(names).slice(0, 3).join(', ')}` });
    return {};
  }
  const found: Record<string, string> = {};
  for (const [key, value] of Object.entries(entries)) {
    if (preference.includes(key) && 'prompt' in names)
      wrong([key], `"${key}" is of data with preferences: instruction samples have one answer`);
    else if (!Object.hasOwn(names, key))
      wrong([key], `"${key}" is no name here`, { nearest: nearest(key, Object.keys(names)), known: Object.keys(names) });
    else if (typeof value !== 'string' || !value)
      wrong([key], `"${key}" is ${JSON.stringify(value)}`, { expected: 'the name of a key of the entries' });
    else found[names[key]!] = names[key] === 'unused' && found['unused'] ? `${found['unused']}\n${value}` : value;
  }
  return found;
}

function filesOf(name: unknown, wrong: Wrong, folder: string, shown: string): DataSource['files'] {
  if (typeof name !== 'string' || !name) {
    wrong([], 'it names no file', { expected: '"file_name"' });
    return [];
  }
  const path = resolve(folder, name);
  const from = relative(folder, path);
  const place = ['file_name'];
  if (from.startsWith('..') || isAbsolute(from)) {
    wrong(place, `"${name}" leaves the folder of dataset_info.json`, { hint: 'move the file, or name it in data.path itself' });
    return [];
  }
  if (!existsSync(path)) {
    wrong(place, `there is no ${join(shown, name)}`, {}, 'DATASET_MISSING');
    return [];
  }
  const names = statSync(path).isDirectory() ? readdirSync(path).sort() : [''];
  const files = names.map((inner) => ({ path: join(path, inner), shown: join(shown, name, inner) })).filter(isDataFile);
  if (!files.length)
    wrong(place, `"${name}" holds no file that can be read`, { known: endings, hint: 'write parquet, arrow or csv as JSON Lines' });
  return files;
}

/** By its ending. */
export function isDataFile({ path }: { path: string }): boolean {
  return endings.includes(extname(path).toLowerCase());
}

export function object(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}
