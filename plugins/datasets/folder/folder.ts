import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, extname, join, relative, resolve } from 'node:path';
import type { Clip, Dataset, PluginConfig, PluginContext, Split } from 'mienlab/contracts';
import { Fault, FaultList, nearest } from 'mienlab/faults';
import { checkRow, columns, idOf, type ClipRow } from './clip-row.js';
import { readRows } from './rows.js';

const endings = ['.mp4', '.mov', '.mkv', '.webm', '.avi'];
/** Faults of one file that are shown; more say nothing new. */
const SHOWN = 20;

/**
 * The videos of a folder, or those that a dataset file lists. `clips` throws Fault DATASET_INVALID (all of a file together, with their lines) and
 * DATASET_MISSING (all missing videos together, unless they are to be skipped).
 */
export function folderDataset(context: PluginContext, config: PluginConfig): Dataset {
  const given = config['path'] as string;
  const listed = () => {
    const path = context.resolve(given);
    if (!existsSync(path))
      throw new Fault('DATASET_MISSING', `there is no ${given}`, { key: 'data.path', expected: 'a folder or a dataset file' });
    return statSync(path).isDirectory() ? listFolder(path, given) : readFile(context, config, path, given);
  };
  return {
    clips: () => Promise.resolve(toClips(present(context, config, listed()), config)),
    async *inspect() {
      for (const { where, file, video, split, instruction, references } of listed()) {
        const asked = instruction ?? (config['instruction'] as string);
        const conversations = references.map((answer) => ({ turns: [{ instruction: asked, answer }], learn: 'last-answer' as const }));
        yield { where, video: file, split: split ?? drawSplit(video, config), conversations };
      }
    },
    dispose() {},
  };
}

interface Listed extends ClipRow {
  /** Absolute. */
  file: string;
}

function listFolder(path: string, given: string): Listed[] {
  const names = readdirSync(path).sort();
  const videos = names.filter((name) => endings.includes(extname(name).toLowerCase()) && !name.startsWith('.'));
  if (videos.length === 0) throw new Fault('DATASET_MISSING', `there is no video in ${given}`, { key: 'data.path', expected: endings.map((ending) => `*${ending}`).join(', ') }); // prettier-ignore
  return videos.map((video) => {
    const text = `${video.slice(0, video.length - extname(video).length)}.txt`;
    const caption = names.includes(text) ? readText(join(path, text), join(given, text)).trim() : '';
    return { where: { source: join(given, video) }, video, file: join(path, video), references: caption ? [caption] : [] };
  });
}

function readFile(context: PluginContext, config: PluginConfig, path: string, given: string): Listed[] {
  const rows = readRows(readText(path, given), given);
  if (rows.length === 0) throw new Fault('DATASET_INVALID', 'it lists no clip', { where: { source: given }, expected: 'a clip at least' });
  warnOfUnknown(context, rows, given);
  const faults: Fault[] = [];
  const checked = rows.map((row) => checkRow(row, faults));
  const seen = new Map<string, ClipRow>();
  for (const row of checked) {
    if (!row?.id) continue;
    const first = seen.get(row.id);
    if (first) faults.push(new Fault('DATASET_INVALID', `its id "${row.id}" is that of line ${first.where.line} already`, { where: row.where, expected: 'every id once' })); // prettier-ignore
    seen.set(row.id, first ?? row);
  }
  if (faults.length) throw faults.length === 1 ? faults[0]! : new FaultList(shown(faults, given));
  const root = config['root'] ? context.resolve(config['root'] as string) : dirname(path);
  return checked.map((row) => ({ ...row!, file: resolve(root, row!.video) }));
}

function shown(faults: Fault[], source: string): Fault[] {
  if (faults.length <= SHOWN) return faults;
  const rest = new Fault('DATASET_INVALID', `and ${faults.length - SHOWN} faults more`, { where: { source } });
  return [...faults.slice(0, SHOWN), rest];
}

function warnOfUnknown(context: PluginContext, rows: readonly { values: object }[], source: string): void {
  const names = new Set(rows.flatMap(({ values }) => Object.keys(values)));
  const unknown = [...names].filter((name) => !(columns as readonly string[]).includes(name));
  if (unknown.length === 0) return;
  const told = unknown.map((name) => {
    const meant = nearest(name, columns);
    return meant && !names.has(meant) ? `${name} (${meant}?)` : name;
  });
  context.log.warn(`${source}: not used: ${told.join(', ')}; known are ${columns.join(', ')}`);
}

function readText(path: string, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (cause) {
    throw new Fault('DATASET_INVALID', `it cannot be read: ${(cause as Error).message}`, {
      where: { source },
      expected: 'text in UTF-8',
      cause,
    });
  }
}

/** Without the clips whose videos are not there, or a fault that names them all. */
function present(context: PluginContext, config: PluginConfig, listed: readonly Listed[]): readonly Listed[] {
  const missing = listed.filter(({ file }) => !existsSync(file));
  if (missing.length === 0) return listed;
  const names = missing
    .slice(0, SHOWN)
    .map(({ file, where }) => `${relative(process.cwd(), file)}${where.line ? ` (line ${where.line})` : ''}`);
  const message = `${missing.length} of ${listed.length} videos are not there: ${names.join(', ')}${missing.length > SHOWN ? ', ...' : ''}`;
  if (config['missing'] === 'skip' && missing.length < listed.length) {
    context.log.warn(message);
    return listed.filter((clip) => !missing.includes(clip));
  }
  throw new Fault('DATASET_MISSING', message, {
    where: { source: missing[0]!.where.source },
    key: 'data.root',
    expected: 'video paths from the folder of the dataset file, or from data.root',
    hint: 'set data.root, or data.missing=skip to go on with the others',
  });
}

function toClips(listed: readonly Listed[], config: PluginConfig): Clip[] {
  const taken = new Set(listed.flatMap(({ id }) => id ?? []));
  return listed.map(({ file, video, references, kind, emotion, ...row }) => {
    const id = row.id ?? freeId(idOf(resolve('/', video).slice(1)), taken);
    const split = row.split ?? drawSplit(video, config);
    return {
      id,
      video: file,
      split,
      instruction: row.instruction ?? (config['instruction'] as string),
      references,
      ...(kind ? { kind } : {}),
      ...(emotion ? { emotion } : {}),
    };
  });
}

function freeId(wanted: string, taken: Set<string>): string {
  let id = wanted;
  for (let n = 2; taken.has(id); n++) id = `${wanted}-${n}`;
  taken.add(id);
  return id;
}

/** Goes by the video's name, so that a video stays in its split when others are added; the same video is never in two. */
function drawSplit(video: string, config: PluginConfig): Split {
  const [test, validation] = [config['test-share'] as number, config['validation-share'] as number];
  const digest = createHash('sha256')
    .update(`${config['seed'] as number}/${video}`)
    .digest();
  const place = digest.readUInt32BE(0) / 2 ** 32;
  if (place < test) return 'test';
  return place < test + validation ? 'validation' : 'train';
}
