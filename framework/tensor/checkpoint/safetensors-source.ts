import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Fault, nearest } from '../../faults/index.js';
import { openSafetensors, type Entry, type SafetensorsLayout } from '../safetensors.js';
import type { StoredWeight, WeightSource } from '../weight-source.js';
import { readConfigFields } from './config-fields.js';

const single = 'model.safetensors';
const index = `${single}.index.json`;

/**
 * Weights of a Hugging Face folder: model.safetensors, else the shards that model.safetensors.index.json names; or of one safetensors file.
 * Headers are read now, tensors when asked for. Throws Fault ASSET_MISSING where a file is not there, CHECKPOINT_INVALID where one is damaged
 * or the index and the shards do not agree.
 */
export function safetensorsSource(path: string): WeightSource {
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return sourceOf(path.endsWith('.index.json') ? shards(path) : [whole(path)]);
  if (existsSync(join(path, single))) return sourceOf([whole(join(path, single))]);
  if (existsSync(join(path, index))) return sourceOf(shards(join(path, index)));
  throw new Fault('ASSET_MISSING', `${path} has neither ${single} nor ${index}`, {
    where: { source: path },
    hint: 'weights are read from safetensors alone; transformers writes them with save_pretrained(folder)',
  });
}

interface Shard {
  file: string;
  layout: SafetensorsLayout;
}

const whole = (file: string): Shard => ({ file, layout: openSafetensors(file) });

function sourceOf(opened: readonly Shard[]): WeightSource {
  const tensors = new Map<string, StoredWeight>();
  const places = new Map<string, { layout: SafetensorsLayout; entry: Entry }>();
  for (const { file, layout } of opened) {
    for (const entry of layout.entries) {
      const before = tensors.get(entry.name);
      if (before) throw invalid(file, `it holds the tensor "${entry.name}", and so does ${before.file}`, entry.name);
      tensors.set(entry.name, { shape: entry.shape, dtype: entry.dtype, file });
      places.set(entry.name, { layout, entry });
    }
  }
  const files = opened.map(({ file }) => file);
  return {
    files,
    tensors,
    read(name) {
      const place = places.get(name);
      if (place) return place.layout.read(place.entry);
      throw new Fault('CHECKPOINT_INVALID', `${files.join(', ')}: there is no tensor "${name}"`, {
        where: { source: files[0]! },
        tensor: name,
        nearest: nearest(name, [...tensors.keys()]),
      });
    },
  };
}

function shards(file: string): Shard[] {
  const map = readConfigFields(dirname(file), basename(file)).fields('weight_map');
  if (!map) throw invalid(file, 'it has no weight_map');
  const wanted = new Map<string, string[]>();
  for (const name of Object.keys(map.values)) {
    const shard = map.text(name);
    // A name with a folder in it would lead out of the checkpoint.
    if (shard !== basename(shard))
      throw invalid(file, `the tensor "${name}" is said to be in "${shard}", which is no name of a file`, name);
    wanted.set(shard, [...(wanted.get(shard) ?? []), name]);
  }
  if (wanted.size === 0) throw invalid(file, 'its weight_map is empty');
  const missing = [...wanted.keys()].filter((shard) => !existsSync(join(dirname(file), shard)));
  if (missing.length) {
    throw new Fault(
      'ASSET_MISSING',
      `${file}: ${missing.join(', ')} of its ${wanted.size} shards ${missing.length > 1 ? 'are' : 'is'} not there`,
      {
        where: { source: join(dirname(file), missing[0]!) },
        hint: 'fetch the checkpoint again, all of its files',
      },
    );
  }
  return [...wanted].map(([shard, names]) => {
    const opened = whole(join(dirname(file), shard));
    const held = new Set(opened.layout.entries.map((entry) => entry.name));
    for (const name of names) {
      if (!held.has(name)) throw invalid(opened.file, `it lacks the tensor "${name}" that ${basename(file)} says it holds`, name);
    }
    return opened;
  });
}

function invalid(file: string, why: string, tensor?: string): Fault {
  return new Fault('CHECKPOINT_INVALID', `${file}: ${why}`, { where: { source: file }, tensor });
}
