import { extname, isAbsolute, relative, resolve } from 'node:path';
import type { DataProblem, Turn } from 'mienlab/contracts';
import { nearest } from 'mienlab/faults';
import { jsonOffset, type JsonPath } from 'mienlab/text';
import { openAiTags, shareGptTags, defaultColumns, splits, type Columns, type DataSource, type Form, type Tags } from './data-source.js';
import { object } from './dataset-info.js';
import { placeIn, type Entry } from './json-entries.js';

/** What an entry says, when all of it is right. */
export interface ReadEntry {
  /** Absolute path of the video or image. */
  video: string;
  turns: Turn[];
  system?: string;
  split?: 'train' | 'validation' | 'test';
  values: Readonly<Record<string, unknown>>;
}

interface Medium {
  /** As the entry has it. */
  file: string;
  at: JsonPath;
}

const imageEndings = ['.jpg', '.jpeg', '.png', '.webp', '.bmp', '.tif', '.tiff'];
const placeholders = /<(video|image|audio)>/g;
type Wrong = (at: JsonPath, problem: string, message: string, more?: Pick<DataProblem, 'expected' | 'nearest' | 'hint'>) => void;

/** The form of entries such as this one; undefined where it looks like none. */
export function formOf(value: unknown): Form | undefined {
  const entry = object(value) ?? {};
  const messages = 'conversations' in entry ? 'conversations' : 'messages' in entry ? 'messages' : undefined;
  if (messages) {
    const [first] = Array.isArray(entry[messages]) ? (entry[messages] as unknown[]) : [];
    const tags = object(first) && 'role' in object(first)! ? openAiTags : shareGptTags;
    return { name: 'sharegpt', columns: { ...defaultColumns, ...given(entry), messages }, tags };
  }
  if ('instruction' in entry && 'output' in entry) return { name: 'alpaca', columns: { ...defaultColumns, ...given(entry) } };
  return 'video' in entry && 'caption' in entry ? { name: 'captions' } : undefined;
}

/** The usual names of keys without which there would be no medium: LLaMA-Factory's, else LLaVA's and VideoLLaMA2's. */
function given(entry: Record<string, unknown>): Partial<Columns> {
  const either = (many: string, one: string) => (many in entry ? many : one);
  return {
    ...{ videos: either('videos', 'video'), images: either('images', 'image') },
    ...{ history: 'history', system: 'system', unused: ['tools', 'audios'] },
  };
}

/** Looks through one entry. All that is wrong with it is told; undefined where something is. */
export function readEntry(
  { where, text, value }: Entry,
  { form, root, instruction }: Pick<DataSource, 'form' | 'root'> & { instruction: string },
  tell: (problem: DataProblem) => void,
): ReadEntry | undefined {
  let right = true;
  const wrong: Wrong = (at, problem, message, more = {}) => {
    right = false;
    tell({ where: placeIn(where, text, jsonOffset(text, at)), problem, message, ...more });
  };
  const entry = object(value);
  if (!entry) {
    wrong([], 'wrong type', 'an entry is no object', { expected: 'an object such as {"video": "a.mp4", "caption": "..."}' });
    return undefined;
  }
  if (form.name === 'auto') {
    const expected = 'conversations or messages; instruction and output; or video and caption';
    wrong([], 'unknown form', 'this is an entry of no known form', { expected, hint: 'describe it in a dataset_info.json' });
    return undefined;
  }
  const { media, turns, system } = form.name === 'captions' ? captionEntry(entry, wrong) : chatEntry(entry, form, wrong);
  const split = entry['split'];
  if (split !== undefined && !splits.includes(split as 'train')) {
    wrong(['split'], 'unknown split', `there is no split ${JSON.stringify(split)}`, {
      nearest: nearest(String(split), splits),
      expected: splits.join(', '),
    });
  }
  const video = mediaFile(media, root, wrong);
  if (form.name !== 'captions' && media && media.videos.length + media.images.length === 1) checkPlaceholders(turns, media, wrong);
  const cleaned = turns.map(({ question, answer }, i) => {
    const asked = question.text.replace(placeholders, '').trim();
    if (!asked && i > 0) wrong(question.at, 'empty question', `question ${i + 1} is empty`);
    if (!answer.text.trim()) wrong(answer.at, 'empty answer', turns.length > 1 ? `answer ${i + 1} is empty` : 'the answer is empty');
    return { instruction: asked || instruction, answer: answer.text.trim() };
  });
  if (!right) return undefined;
  return {
    video: video!,
    turns: cleaned,
    values: entry,
    ...(system && { system }),
    ...(split !== undefined && { split: split as 'train' }),
  };
}

interface Said {
  text: string;
  at: JsonPath;
}

/** What an entry says, as it stands; `media` undefined where they are wrong already. */
interface Raw {
  media: { videos: Medium[]; images: Medium[] } | undefined;
  turns: { question: Said; answer: Said }[];
  system?: string;
}

function captionEntry(entry: Record<string, unknown>, wrong: Wrong): Raw {
  const question = { text: text(entry, 'instruction', wrong) ?? '', at: ['instruction'] };
  const captions = entry['caption'];
  const answers = typeof captions === 'string' ? [{ text: captions, at: ['caption'] }] : [];
  if (typeof captions !== 'string')
    wrong(captions === undefined ? [] : ['caption'], 'wrong type', 'it has no caption', { expected: 'a text under "caption"' });
  return {
    media: media(entry, { videos: 'video' }, wrong),
    turns: answers.map((answer) => ({ question, answer })),
    system: text(entry, 'system', wrong),
  };
}

function chatEntry(entry: Record<string, unknown>, form: Exclude<Form, { name: 'auto' | 'captions' }>, wrong: Wrong): Raw {
  const { columns } = form;
  for (const key of columns.unused) {
    const value = entry[key];
    if (value && value !== '[]' && !(Array.isArray(value) && !value.length)) {
      wrong([key], 'tools or sound', `"${key}" holds what a sample of videos and texts cannot have`);
    }
  }
  const system = columns.system && text(entry, columns.system, wrong);
  const chat = form.name === 'alpaca' ? { turns: alpacaTurns(entry, columns, wrong) } : chatTurns(entry, columns, form.tags, wrong);
  return { media: media(entry, columns, wrong), turns: chat.turns, system: ('system' in chat && chat.system) || system || undefined };
}

function text(entry: Record<string, unknown>, key: string, wrong: Wrong): string | undefined {
  const value = entry[key];
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined;
  wrong([key], 'wrong type', `"${key}" is ${kindOf(value)}`, { expected: 'a text' });
  return undefined;
}

/** LLaMA-Factory: the question is the prompt, a line end and the query; earlier pairs go before it. */
function alpacaTurns(entry: Record<string, unknown>, { prompt, query, response, history }: Columns, wrong: Wrong): Raw['turns'] {
  const earlier = (history && entry[history]) ?? [];
  const pairs = Array.isArray(earlier) ? (earlier as unknown[]) : [];
  if (!Array.isArray(earlier))
    wrong([history!], 'wrong type', `"${history}" is ${kindOf(earlier)}`, { expected: 'pairs of question and answer' });
  const before = pairs.flatMap((pair, i) => {
    const at = [history!, i];
    const [question, answer] = Array.isArray(pair) && pair.length === 2 ? (pair as unknown[]) : [];
    if (typeof question === 'string' && typeof answer === 'string') {
      return [{ question: { text: question, at: [...at, 0] }, answer: { text: answer, at: [...at, 1] } }];
    }
    wrong(at, 'wrong type', `entry ${i + 1} of "${history}" is no pair of texts`, { expected: '["question", "answer"]' });
    return [];
  });
  const asked = [text(entry, prompt, wrong), text(entry, query, wrong)].filter(Boolean).join('\n');
  const answer = text(entry, response, wrong);
  if (answer === undefined) {
    if (!(response in entry)) wrong([], 'no answer', `it has no "${response}"`, missing(response, entry));
    return before;
  }
  return [...before, { question: { text: asked, at: [prompt] }, answer: { text: answer, at: [response] } }];
}

/** Questions and answers in turn; a system message may go before them. */
function chatTurns(
  entry: Record<string, unknown>,
  { messages }: Columns,
  tags: Tags,
  wrong: Wrong,
): { turns: Raw['turns']; system?: string } {
  const list = entry[messages];
  if (!Array.isArray(list) || !list.length) {
    wrong(list === undefined ? [] : [messages], 'no turns', `it has no turns under "${messages}"`, missing(messages, entry));
    return { turns: [] };
  }
  const said: (Said & { role: unknown })[] = [];
  for (const [i, message] of (list as unknown[]).entries()) {
    const at = [messages, i];
    const { [tags.role]: role, [tags.content]: content } = object(message) ?? {};
    if (role === tags.observation || role === tags.function || role === 'tool')
      wrong([...at, tags.role], 'tools or sound', 'a turn of a tool cannot be used');
    else if (![tags.user, tags.assistant, tags.system].includes(role as string)) {
      const roles = [tags.user, tags.assistant, tags.system];
      const message = role === undefined ? `turn ${i + 1} has no "${tags.role}"` : `nobody is called ${JSON.stringify(role)}`;
      const close = typeof role === 'string' ? nearest(role, roles) : undefined;
      wrong(role === undefined ? at : [...at, tags.role], 'unknown role', message, { expected: roles.join(', '), nearest: close });
    } else if (typeof content !== 'string') {
      wrong(content === undefined ? at : [...at, tags.content], 'wrong type', `turn ${i + 1} says ${kindOf(content)}`, {
        expected: `a text under "${tags.content}"`,
      });
    } else said.push({ role, text: content, at: [...at, tags.content] });
  }
  // What follows goes by turns that are whole.
  if (said.length < list.length) return { turns: [] };
  const system = said[0]!.role === tags.system ? said.shift()!.text : undefined;
  const odd = said.findIndex(({ role }, i) => role !== (i % 2 ? tags.assistant : tags.user));
  if (odd >= 0) {
    const expected = odd % 2 ? tags.assistant : tags.user;
    wrong(said[odd]!.at, 'turns out of order', `${JSON.stringify(said[odd]!.role)} speaks where "${expected}" would`);
  } else if (said.length % 2 || !said.length) wrong([messages], 'turns out of order', 'the last question has no answer');
  else {
    const turns = said.flatMap((question, i) => (i % 2 ? [] : [{ question, answer: said[i + 1]! }]));
    return { turns, ...(system && { system }) };
  }
  return { turns: [] };
}

function media(entry: Record<string, unknown>, { videos, images }: Pick<Columns, 'videos' | 'images'>, wrong: Wrong): Raw['media'] {
  let right = true;
  const list = (key: string | undefined): Medium[] => {
    const value = key === undefined ? undefined : entry[key];
    if (value === undefined || value === null) return [];
    const whole = Array.isArray(value) ? (value as unknown[]) : [value];
    return whole.flatMap((file, i) => {
      const at = Array.isArray(value) ? [key!, i] : [key!];
      if (typeof file === 'string' && file.trim()) return [{ file, at }];
      right = false;
      wrong(at, 'wrong type', `a path is ${kindOf(file)}`, { expected: 'the path of a file' });
      return [];
    });
  };
  const found = { videos: list(videos), images: list(images) };
  return right ? found : undefined;
}

/** The one file that a sample shows. */
function mediaFile(media: Raw['media'], root: string, wrong: Wrong): string | undefined {
  if (!media) return undefined;
  const all = [...media.videos, ...media.images];
  if (!all.length) wrong([], 'no video', 'it shows nothing', { expected: 'a video or an image: samples of text alone cannot be used' });
  if (all.length > 1) wrong(all[1]!.at, 'several videos', `it shows ${all.length} files`, { expected: 'one video or image a sample' });
  if (all.length !== 1) return undefined;
  const [{ file, at }] = all as [Medium];
  const path = resolve(root, file);
  const from = relative(root, path);
  if (!from.startsWith('..') && !isAbsolute(from)) return path;
  wrong(at, 'path leaves the data folder', `${JSON.stringify(file)} leaves the data folder`, {
    hint: 'set data.root to the folder that holds all videos',
  });
  return undefined;
}

/** Each medium has its placeholder, in the first question: that is where a model sees it. */
function checkPlaceholders(turns: Raw['turns'], media: NonNullable<Raw['media']>, wrong: Wrong): void {
  if (!turns.length) return;
  const shown = [...media.videos, ...media.images].map(({ file }) =>
    imageEndings.includes(extname(file).toLowerCase()) ? 'image' : 'video',
  );
  const left = { video: 0, image: 0, audio: 0 };
  for (const kind of shown) left[kind]++;
  turns.forEach(({ question, answer }, i) => {
    for (const [match, kind] of question.text.matchAll(placeholders)) {
      left[kind as 'video']--;
      if (i > 0)
        wrong(question.at, 'placeholder', `${match} in question ${i + 1}`, {
          expected: 'placeholders in the first question: there a model sees the video',
        });
    }
    const [stray] = answer.text.match(placeholders) ?? [];
    if (stray) wrong(answer.at, 'placeholder', `${stray} in an answer`, { expected: 'placeholders in the first question' });
  });
  const off = (Object.keys(left) as (keyof typeof left)[]).filter((kind) => left[kind]);
  if (!off.length) return;
  const count = (kind: keyof typeof left) => `${shown.filter((each) => each === kind).length} ${kind}`;
  const has = off.map((kind) => `${shown.filter((each) => each === kind).length - left[kind]} <${kind}> for ${count(kind)}`);
  wrong(turns[0]!.question.at, 'placeholder', `it has ${has.join(' and ')}`, { expected: 'one placeholder for each file, by its kind' });
}

function missing(key: string, entry: Record<string, unknown>): Pick<DataProblem, 'nearest'> {
  const meant = nearest(key, Object.keys(entry));
  return meant && meant !== key ? { nearest: meant } : {};
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value === 'string' ? 'an empty text' : `a ${typeof value}`;
}
