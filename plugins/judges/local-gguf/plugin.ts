import { definePlugin, PromptJudge, promptJudgeOptions } from 'mienlab/plugin';
import { openGguf } from './gguf-model.js';
import { packageVersion } from './node-llama-cpp.js';

const version = '1.0.0';

export default definePlugin({
  kind: 'judge',
  name: 'local-gguf',
  version,
  contract: 1,
  summary: 'Asks a language model in a GGUF file on this machine, its answers held to a grammar; needs node-llama-cpp.',
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['file'],
    properties: {
      file: { type: 'string', minLength: 1, description: 'The GGUF file of an instruction-tuned model.' },
      'context-length': { type: 'integer', minimum: 256, default: 4096, description: 'Tokens of question and answer together.' },
      'max-tokens': { type: 'integer', minimum: 1, default: 1000, description: 'Longest answer.' },
      temperature: { type: 'number', minimum: 0, default: 0, description: '0: the likeliest token each time.' },
      concurrency: { type: 'integer', minimum: 1, maximum: 64, default: 1, description: 'Questions worked on at once.' },
      threads: {
        type: 'integer',
        minimum: 0,
        default: 0,
        description: 'Threads to compute with; 0: as node-llama-cpp finds good. Fewer are faster on a busy machine.',
      },
      gpu: { type: 'boolean', default: false, description: 'Whether node-llama-cpp may use a GPU.' },
      ...promptJudgeOptions,
    },
  },
  consumes: ['captions'],
  produces: () => ({ type: 'judgements', dims: {} }),
  optionalPackages: [{ name: 'node-llama-cpp', version: packageVersion, why: 'runs the model' }],
  deterministic: false,
  licence: { code: 'Apache-2.0' },
  create: async (context, config) => {
    const model = await openGguf({
      file: context.resolve(config['file'] as string),
      contextLength: config['context-length'] as number,
      maxTokens: config['max-tokens'] as number,
      temperature: config['temperature'] as number,
      concurrency: config['concurrency'] as number,
      threads: config['threads'] as number,
      gpu: config['gpu'] as boolean,
    });
    return new PromptJudge(context, { name: `local-gguf ${version} ${model.name}`, model, config });
  },
});
