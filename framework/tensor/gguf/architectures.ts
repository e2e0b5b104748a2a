import { nearest } from '../../faults/index.js';
import type { GgufFile } from './gguf-file.js';
import { MetadataReader } from './metadata-reader.js';

export interface Architecture {
  /** transformers' class. */
  className: string;
  /**
   * llama.cpp rotates neighbouring pairs in models of this architecture and its converter orders the rows of q and k accordingly;
   * transformers rotates halves.
   */
  interleaved: boolean;
}

const architectures: Readonly<Record<string, Architecture>> = {
  // Mistral's models too: llama.cpp's converter calls them llama.
  llama: { className: 'LlamaForCausalLM', interleaved: true },
  qwen2: { className: 'Qwen2ForCausalLM', interleaved: false },
  qwen3: { className: 'Qwen3ForCausalLM', interleaved: false },
};

/** Throws Fault CHECKPOINT_INVALID where the file holds another kind of model, an adapter, or one part of a split model. */
export function architectureOf(gguf: GgufFile): Architecture & { name: string } {
  const metadata = new MetadataReader(gguf);
  const kind = metadata.string('general.type') ?? 'model';
  if (kind !== 'model') throw metadata.fault(`it holds an item of the type "${kind}", expected a model`);
  const name = metadata.required('general.architecture', metadata.string('general.architecture'));
  const known = Object.keys(architectures);
  if (!Object.hasOwn(architectures, name)) {
    const near = nearest(name, known);
    throw metadata.fault(`its architecture "${name}" is unknown${near ? `, the nearest is "${near}"` : ''}`, { known });
  }
  if ((metadata.number(`${name}.expert_count`) ?? 0) > 0) throw metadata.fault('it is a mixture of experts');
  const parts = metadata.number('split.count') ?? 1;
  if (parts > 1) throw metadata.fault(`it is one of ${parts} parts`, { hint: 'join them with llama-gguf-split --merge' });
  return { name, ...architectures[name]! };
}
