import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { GoldenFolder } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { readConfigFields, safetensorsSource } from '../tensor/index.js';

/** Opens a folder's reference values; tensors are read when asked for. Throws Fault USAGE where a file is lacking, CHECKPOINT_INVALID where one is damaged. */
export function openGolden(folder: string): GoldenFolder {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Fault('USAGE', `there is no folder ${folder}`, { where: { source: folder } });
  }
  const lacking = ['golden.json', 'golden.safetensors'].filter((name) => !existsSync(join(folder, name)));
  if (lacking.length) {
    throw new Fault('USAGE', `${folder} has no ${lacking.join(' and no ')}`, {
      where: { source: join(folder, lacking[0]!) },
      expected: 'a checkpoint with reference values beside it',
      hint: 'tools/export-golden.py makes them from a checkpoint, with transformers (docs/checkpoints.md)',
    });
  }
  const source = safetensorsSource(join(folder, 'golden.safetensors'));
  return { folder, values: readConfigFields(folder, 'golden.json').values, tensors: source.tensors, read: (name) => source.read(name) };
}
