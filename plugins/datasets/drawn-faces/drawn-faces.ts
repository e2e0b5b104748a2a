import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clip, Dataset, PluginConfig, PluginContext, Split } from 'mienlab/contracts';
import { grammar } from './captions.js';
import { generate, type PaintOrder } from './generate.js';
import { optionsKey, readOptions, type DrawnFacesOptions } from './options.js';
import { kindsOf, writeScript } from './script.js';

const splits: readonly Split[] = ['train', 'validation', 'test'];

/** Draws the clips on first use, into a folder named by the options; later calls read them from there. Throws the faults of `generate`. */
export function drawnFaces(context: PluginContext, config: PluginConfig): Dataset {
  const options = readOptions(config);
  const instruction = config['instruction'] as string;
  return {
    grammar,
    async clips() {
      const folder = join(context.folder(), optionsKey(options));
      const videos = join(folder, 'videos');
      mkdirSync(videos, { recursive: true });
      const list = join(folder, 'clips.jsonl');
      const orders = listOrders(options, videos);
      await generate(context, options, videos, orders);
      if (!existsSync(list)) writeList(list, orders, options);
      return readList(list, videos, instruction);
    },
    dispose() {},
  };
}

function listOrders(options: DrawnFacesOptions, videos: string): PaintOrder[] {
  return splits.flatMap((split) =>
    kindsOf(split, options).map((kind, index) => ({ split, index, kind, out: join(videos, `${clipId(split, index)}.mp4`) })),
  );
}

function clipId(split: Split, index: number): string {
  return `${split}-${String(index).padStart(5, '0')}`;
}

/** One line a clip, without what depends on where the folder lies and on the instruction. Written aside, then renamed. */
function writeList(list: string, orders: readonly PaintOrder[], options: DrawnFacesOptions): void {
  const lines = orders.map(({ split, index, kind }) => {
    const { truth, caption } = writeScript(options, split, index, kind);
    return JSON.stringify({ id: clipId(split, index), split, kind, references: [caption], truth });
  });
  const aside = `${list}.${process.pid}.part`;
  writeFileSync(aside, lines.map((line) => `${line}\n`).join(''));
  renameSync(aside, list);
}

function readList(list: string, videos: string, instruction: string): Clip[] {
  return readFileSync(list, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const clip = JSON.parse(line) as Omit<Clip, 'video' | 'instruction'>;
      return { ...clip, video: join(videos, `${clip.id}.mp4`), instruction };
    });
}
