import { Fault } from 'mienlab/faults';
import { definePlugin } from 'mienlab/plugin';
import { isCausalLm } from './checkpoint-config.js';
import { checkpointOf, contextLengthOf, promptOptions, type CausalLmConfig } from './options.js';

const text = (description: string, value = '') => ({ type: 'string', default: value, description });

export default definePlugin({
  kind: 'llm-head',
  name: 'causal-lm',
  version: '1.0.0',
  contract: 1,
  summary: 'A pretrained Llama, SmolLM2, Qwen2, Qwen3 or Mistral from its Hugging Face folder or a GGUF file; tuned whole or by LoRA.',
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['path'],
    properties: {
      path: { type: 'string', minLength: 1, description: 'The checkpoint: a folder, a GGUF file, or smollm2, which set-up fetches.' },
      'context-length': {
        type: 'integer',
        minimum: 0,
        default: 0,
        description: 'Longest sequence of visual embeddings, prompt and answer, tokens; 0: what the checkpoint was made for.',
      },
      template: text('A chat template in Jinja in place of the checkpoint’s; empty: the checkpoint’s.'),
      'template-variables': { type: 'object', default: {}, description: 'What the chat template may ask for, such as enable_thinking.' },
      system: text('A system message; empty: none of mienlab’s own.'),
      separator: text('What stands between the visual embeddings and the instruction.', '\n'),
      'too-long': {
        enum: ['fault', 'cut-answer'],
        default: 'fault',
        description: 'What happens to a training sample that is longer than context-length.',
      },
      lora: {
        type: ['object', 'null'],
        default: null,
        description: 'Low-rank adaptation: the checkpoint’s own weights stay as they are. null: all of them are tuned.',
        additionalProperties: false,
        properties: {
          rank: { type: 'integer', minimum: 1, default: 8, description: 'Rank of the additions.' },
          alpha: { type: 'number', exclusiveMinimum: 0, default: 16, description: 'The additions are multiplied by alpha / rank.' },
          dropout: { type: 'number', minimum: 0, exclusiveMaximum: 1, default: 0, description: 'Share of their input that is dropped.' },
          targets: {
            anyOf: [{ const: 'all-linear' }, { type: 'array', items: { type: 'string' }, minItems: 1 }],
            default: 'all-linear',
            description: 'Linear layers by the end of their name, as [q_proj, v_proj]; all-linear: all but the output layer.',
          },
          layers: {
            type: 'array',
            items: { type: 'integer', minimum: 0 },
            default: [],
            description: 'Layers, from 0; empty: all.',
          },
          'rank-stabilised': { type: 'boolean', default: false, description: 'Multiply by alpha / sqrt(rank) (rsLoRA).' },
        },
      },
      adapter: text('A PEFT adapter folder to begin with; what it says holds in place of lora.'),
    },
  },
  consumes: ['embeddings'],
  produces: (options, { embeddings }) => {
    const config = options as unknown as CausalLmConfig;
    const length = contextLengthOf(config, checkpointOf(config).spec);
    const tokens = embeddings?.dims['tokens'] ?? 0;
    if (tokens + 2 > length) {
      throw new Fault('PORT_MISMATCH', `llm-head causal-lm: ${tokens} visual embeddings leave no room for text in ${length} tokens`, {
        key: 'llm-head.context-length',
        hint: 'raise context-length, or let the projector give fewer tokens',
      });
    }
    return { type: 'captions', dims: {} };
  },
  limits: (options) => {
    const config = options as unknown as CausalLmConfig;
    const { spec } = checkpointOf(config);
    return { contextLength: contextLengthOf(config, spec), hidden: spec.hidden };
  },
  preparer: async ({ resolve }, options) => {
    const { PromptMaker } = await import('./prompt.js');
    const { trainingPromptBatch } = await import('./prompt-batch.js');
    const config = options as unknown as CausalLmConfig;
    const checkpoint = checkpointOf(config, resolve);
    const length = contextLengthOf(config, checkpoint.spec);
    const prompts = new PromptMaker(checkpoint.tokenizer(), promptOptions(config, length, checkpoint.endIds));
    return {
      prepare: (samples, visual) =>
        trainingPromptBatch(
          samples.map((sample, i) => prompts.training(sample, visual, i)),
          visual,
          length,
        ),
    };
  },
  verifier: {
    accepts: isCausalLm,
    verify: async (golden, context) => {
      const { verifyCausalLm } = await import('./verify/verify-causal-lm.js');
      return verifyCausalLm(golden, context);
    },
  },
  exporter: {
    export: async (weights, config, target) => {
      const { exportTuned } = await import('./lora/export-tuned.js');
      return exportTuned(weights, config, target);
    },
  },
  deterministic: true,
  citation: 'Wolf et al., Transformers: State-of-the-Art Natural Language Processing, EMNLP 2020 (the reference implementation).',
  licence: { code: 'Apache-2.0', weights: 'the checkpoint’s own' },
  create: async (context, config) => {
    const { CausalLm } = await import('./causal-lm.js');
    return CausalLm.create(context, config as unknown as CausalLmConfig);
  },
});
