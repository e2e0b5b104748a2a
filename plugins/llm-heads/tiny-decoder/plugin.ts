import { Fault } from 'mienlab/faults';
import { definePlugin } from 'mienlab/plugin';

/** The options as the schema below fills them in. */
export interface TinyDecoderConfig {
  width: number;
  layers: number;
  heads: number;
  'context-length': number;
  vocabulary: number;
  template: string;
}

export default definePlugin({
  kind: 'llm-head',
  name: 'tiny-decoder',
  version: '1.0.0',
  contract: 1,
  summary: 'A small causal transformer with its own byte-level BPE, trained from scratch on the captions.',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      width: { type: 'integer', minimum: 8, maximum: 1024, default: 128, description: 'Width of an embedding; a multiple of heads.' },
      layers: { type: 'integer', minimum: 1, maximum: 24, default: 2, description: 'Transformer blocks.' },
      heads: { type: 'integer', minimum: 1, maximum: 64, default: 4, description: 'Attention heads in a block.' },
      'context-length': {
        type: 'integer',
        minimum: 8,
        maximum: 4096,
        default: 192,
        description: 'Longest sequence of visual embeddings, instruction and answer, tokens.',
      },
      vocabulary: {
        type: 'integer',
        minimum: 257,
        maximum: 32768,
        default: 768,
        description: 'Largest number of tokens: 256 bytes, what the BPE learns from the training captions, and the end token.',
      },
      template: {
        type: 'string',
        pattern: '\\{instruction\\}',
        default: '{instruction}\n',
        description: 'What stands between the visual embeddings and the answer; {instruction} is replaced.',
      },
    },
  },
  consumes: ['embeddings'],
  produces: (config, { embeddings }) => {
    const { width, heads, 'context-length': length } = config as unknown as TinyDecoderConfig;
    if (width % heads !== 0) {
      throw new Fault('PORT_MISMATCH', `llm-head tiny-decoder: width ${width} is not a multiple of heads ${heads}`, {
        key: 'llm-head.heads',
      });
    }
    const tokens = embeddings?.dims['tokens'] ?? 0;
    if (tokens + 2 > length) {
      throw new Fault('PORT_MISMATCH', `llm-head tiny-decoder: ${tokens} visual embeddings leave no room for text in ${length} tokens`, {
        key: 'llm-head.context-length',
        hint: 'raise context-length, or let the projector give fewer tokens',
      });
    }
    return { type: 'captions', dims: {} };
  },
  limits: (config) => {
    const { width, 'context-length': contextLength } = config as unknown as TinyDecoderConfig;
    return { contextLength, hidden: width };
  },
  preparer: async (_, options, corpus) => {
    const [{ ByteBpe }, { samplesBatch }] = await Promise.all([import('./byte-bpe.js'), import('./text-batch.js')]);
    const config = options as unknown as TinyDecoderConfig;
    const tokenizer = ByteBpe.train(corpus, config.vocabulary - 1);
    return { prepare: (samples, visual) => samplesBatch(samples, visual, tokenizer, config) };
  },
  deterministic: true,
  licence: { code: 'Apache-2.0' },
  create: async (context, config, { corpus, state }) => {
    const { TinyDecoder } = await import('./tiny-decoder.js');
    return TinyDecoder.create(context, config as unknown as TinyDecoderConfig, corpus, state);
  },
});
