import { definePlugin, PromptJudge, promptJudgeOptions } from 'mienlab/plugin';
import { ChatEndpoint, type AnswerFormat } from './chat-endpoint.js';

const version = '1.0.0';

export default definePlugin({
  kind: 'judge',
  name: 'openai',
  version,
  contract: 1,
  summary: 'Asks a language model behind any OpenAI-compatible endpoint; answers are kept on disk.',
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['model'],
    properties: {
      model: {
        type: 'string',
        minLength: 1,
        description: 'The name of the model as the endpoint knows it; name a dated version where there is one.',
      },
      endpoint: {
        type: 'string',
        pattern: '^https?://',
        default: 'https://api.openai.com/v1',
        description: 'The base address: what stands before /chat/completions.',
      },
      'key-variable': {
        type: 'string',
        default: 'OPENAI_API_KEY',
        description: 'The environment variable that holds the key; not needed where the endpoint asks for none.',
      },
      answers: {
        type: 'string',
        enum: ['json-schema', 'json-object', 'text'],
        default: 'json-schema',
        description: 'What the endpoint can hold its answers to.',
      },
      temperature: {
        type: ['number', 'null'],
        minimum: 0,
        default: 0,
        description: 'Null leaves it to the endpoint (some models take none).',
      },
      'max-tokens': { type: 'integer', minimum: 1, default: 2000, description: 'Longest answer.' },
      concurrency: { type: 'integer', minimum: 1, maximum: 512, default: 16, description: 'Requests under way at once.' },
      'requests-per-minute': { type: 'integer', minimum: 0, default: 0, description: 'No more requests than this; 0: no limit.' },
      'timeout-seconds': { type: 'number', exclusiveMinimum: 0, default: 60, description: 'Longest wait for one answer.' },
      retries: {
        type: 'integer',
        minimum: 0,
        default: 6,
        description:
          'How often a request is sent again after 408, 429, 5xx, a time-out or a broken line, waiting longer each time or as told.',
      },
      'price-prompt': { type: ['number', 'null'], minimum: 0, default: null, description: 'US dollars a million prompt tokens.' },
      'price-completion': { type: ['number', 'null'], minimum: 0, default: null, description: 'US dollars a million answer tokens.' },
      ...promptJudgeOptions,
    },
  },
  consumes: ['captions'],
  produces: () => ({ type: 'judgements', dims: {} }),
  deterministic: false,
  licence: { code: 'Apache-2.0' },
  create: (context, config) => {
    const [prompt, completion] = [config['price-prompt'], config['price-completion']] as (number | null)[];
    const model = new ChatEndpoint(context, {
      model: config['model'] as string,
      endpoint: (config['endpoint'] as string).replace(/\/+$/, ''),
      key: process.env[config['key-variable'] as string],
      keyVariable: config['key-variable'] as string,
      answers: config['answers'] as AnswerFormat,
      temperature: config['temperature'] as number | null,
      maxTokens: config['max-tokens'] as number,
      concurrency: config['concurrency'] as number,
      requestsPerMinute: config['requests-per-minute'] as number,
      timeout: (config['timeout-seconds'] as number) * 1000,
      retries: config['retries'] as number,
    });
    const prices = typeof prompt === 'number' && typeof completion === 'number' ? { prompt, completion } : undefined;
    return new PromptJudge(context, { name: `openai ${version} ${config['model'] as string}`, model, config, prices });
  },
});
