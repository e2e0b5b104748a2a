import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LoraAdapter, type LoraPair, replaceFolder, type WeightShapes, type WeightSource, writeSafetensors } from 'mienlab/tensor';

/** A checkpoint's weights with an adapter's additions in them, W + scaling * B A, computed when they are read. */
export function mergedSource(source: WeightSource, { pairs }: LoraAdapter): WeightSource {
  return {
    files: source.files,
    tensors: source.tensors,
    read(name) {
      const values = source.read(name);
      const pair = name.endsWith('.weight') ? pairs.get(name.slice(0, -'.weight'.length)) : undefined;
      return pair ? merged(values, pair) : values;
    },
  };
}

/** Sums over the rank are float64, rounded once. */
function merged(weight: Float32Array, { rank, scaling, a, b }: LoraPair): Float32Array {
  const width = a.length / rank;
  const out = new Float32Array(weight.length);
  const sum = new Float64Array(width);
  for (let row = 0, start = 0; start < weight.length; row++, start += width) {
    sum.fill(0);
    for (let k = 0; k < rank; k++) {
      const factor = scaling * b[row * rank + k]!;
      for (let i = 0, at = k * width; i < width; i++) sum[i]! += factor * a[at + i]!;
    }
    for (let i = 0; i < width; i++) out[start + i] = weight[start + i]! + sum[i]!;
  }
  return out;
}

/**
 * Writes a decoder as a Hugging Face folder (float32 model.safetensors, config.json and the files given, as tokenizer.json), one weight in memory at a
 * time. A folder that is there is replaced, but not before the new one is whole.
 */
export function writeCheckpoint(
  folder: string,
  source: WeightSource,
  shapes: WeightShapes,
  config: Readonly<Record<string, unknown>>,
  files: Readonly<Record<string, string | Uint8Array>> = {},
): void {
  const tensors = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape, data: () => source.read(name) }]));
  // transformers 5 calls it dtype, 4 torch_dtype.
  const type = Object.hasOwn(config, 'dtype') ? 'dtype' : 'torch_dtype';
  replaceFolder(folder, (aside) => {
    writeSafetensors(join(aside, 'model.safetensors'), tensors, { format: 'pt' });
    for (const [name, content] of Object.entries(files)) writeFileSync(join(aside, name), content);
    writeFileSync(join(aside, 'config.json'), `${JSON.stringify({ ...config, [type]: 'float32' }, null, 2)}\n`);
  });
}
