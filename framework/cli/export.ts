import { resolve } from 'node:path';
import { Fault } from '../faults/index.js';
import { PluginRegistry } from '../plugin/plugin-registry.js';
import { generatedPlugins } from '../plugin/registry.generated.js';
import { exportCheckpoint } from '../verify/export-checkpoint.js';
import type { Command } from './command.js';
import { parseArguments } from './parse-arguments.js';

export const command: Command = {
  summary: 'give a tuned LLM head to others: a PEFT adapter, or a Hugging Face folder',
  help: `mienlab export CHECKPOINT DIR [--merged]

CHECKPOINT is the folder of a tuned run's checkpoint (the tag mienlab.checkpoint of the run; under .mienlab/cache/tune). Its LLM head is
written to DIR as transformers and PEFT read it. A DIR that is there is replaced where it holds nothing else.

  --merged  a LoRA adapter is added to the weights of its base, and the whole model is written; without it the adapter alone

Encoder and projector are mienlab's own and stay in the checkpoint.`,
  async run(args) {
    const { positionals, flags } = parseArguments(args, { flags: ['merged'] });
    const [checkpoint, folder, ...more] = positionals;
    if (checkpoint === undefined || folder === undefined || more.length) {
      throw new Fault('USAGE', 'name the checkpoint and the folder to write', { hint: 'mienlab export CHECKPOINT DIR [--merged]' });
    }
    const registry = new PluginRegistry(generatedPlugins);
    console.log(await exportCheckpoint(resolve(checkpoint), { folder: resolve(folder), merged: flags.has('merged') }, registry));
    return 0;
  },
};
