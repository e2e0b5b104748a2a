import { relative } from 'node:path';
import type { DataItem, DataProblem, Random } from 'mienlab/contracts';
import type { DataSource } from './data-source.js';
import { SplitDraw } from './draw-split.js';
import { formOf, readEntry } from './entry-reader.js';
import { jsonEntries, type Entry } from './json-entries.js';
import type { InstructionsConfig } from './plugin.js';

/** An entry, with its video as the file names it: the path from the folder of the media. */
export interface Item extends DataItem {
  name: string;
}

/** What the parts of a mixture hold, entry by entry, with what is wrong with them. Memory does not grow with their number. */
export function* inspect(sources: readonly DataSource[], config: InstructionsConfig, random: Random): Generator<Item | DataProblem> {
  const draw = new SplitDraw(config);
  for (const source of sources) {
    const chosen = source.count === undefined ? () => true : chooser(source, source.count, random.fork(source.name));
    let { form } = source;
    for (const { path, shown } of source.files) {
      for (const entry of jsonEntries(path, shown)) {
        if ('problem' in entry) {
          yield entry;
          continue;
        }
        if (!chosen()) continue;
        if (form.name === 'auto') form = formOf(entry.value) ?? form;
        yield* itemOf(entry, { ...source, form }, config, draw);
      }
    }
  }
}

function* itemOf(entry: Entry, source: DataSource, config: InstructionsConfig, draw: SplitDraw): Generator<Item | DataProblem> {
  const problems: DataProblem[] = [];
  const read = readEntry(entry, { ...source, instruction: config.instruction }, (problem) => problems.push(problem));
  yield* problems;
  if (!read) return;
  const { where } = entry;
  const { video, turns, system } = read;
  let split = read.split ?? source.split;
  if (!split) {
    const group = draw.group(video, source.root, read.values);
    if (typeof group !== 'string') return yield { where, ...group };
    split = draw.split(group);
  }
  const { weight } = source;
  const conversation = { turns, ...(system && { system }), learn: config.learn, ...(weight !== 1 && { weight }) };
  yield { where, video, name: relative(source.root, video), split, conversations: [conversation] };
}

/** Says of each entry in turn whether it is among the `count` drawn of all (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S). */
function chooser({ files }: DataSource, count: number, random: Random): () => boolean {
  let left = 0;
  for (const { path, shown } of files) for (const entry of jsonEntries(path, shown)) if (!('problem' in entry)) left++;
  return () => {
    const taken = random.next() * left-- < count;
    if (taken) count--;
    return taken;
  };
}
