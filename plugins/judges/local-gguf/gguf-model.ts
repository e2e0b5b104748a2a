import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Fault } from 'mienlab/faults';
import { Slots, type LanguageModel } from 'mienlab/plugin';
import { loadNodeLlamaCpp } from './node-llama-cpp.js';

interface GgufOptions {
  file: string;
  contextLength: number;
  maxTokens: number;
  temperature: number;
  concurrency: number;
  gpu: boolean;
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex').slice(0, 16);
}

const longestText = 160;

/** The schema with an end to every free text: small models do not find one by themselves. */
function bounded(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(bounded);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, bounded(value)]));
  return inner['type'] === 'string' && !inner['enum'] ? { ...inner, maxLength: longestText } : inner;
}

/** Loads the model of a GGUF file. Throws Fault ASSET_MISSING without the file or node-llama-cpp, CHECKPOINT_INVALID where it does not load. */
export async function openGguf(options: GgufOptions): Promise<LanguageModel & { name: string }> {
  const { file, contextLength, maxTokens, temperature, concurrency, gpu } = options;
  if (!existsSync(file)) {
    throw new Fault('ASSET_MISSING', 'there is no such model', { where: { source: file }, key: 'judge.file', hint: 'name a GGUF file' });
  }
  const { getLlama, LlamaChatSession } = await loadNodeLlamaCpp();
  const digest = await digestOf(file);
  const llama = await getLlama({ gpu: gpu ? 'auto' : false, build: 'never', skipDownload: true, logLevel: 'error' });
  try {
    const model = await llama.loadModel({ modelPath: file });
    const context = await model.createContext({ contextSize: contextLength, sequences: concurrency });
    const slots = new Slots(concurrency);
    const grammars = new Map<object, ReturnType<typeof llama.createGrammarForJsonSchema>>();
    return {
      name: `${basename(file)} ${digest.slice(0, 8)}`,
      key: { digest, contextLength, maxTokens, temperature },
      concurrency,
      ask: (messages, schema, { draw, signal }) =>
        slots.use(async () => {
          let grammar = grammars.get(schema);
          if (!grammar) grammars.set(schema, (grammar = llama.createGrammarForJsonSchema(bounded(schema) as object)));
          const contextSequence = context.getSequence();
          const session = new LlamaChatSession({ contextSequence, systemPrompt: messages[0]!.content, autoDisposeSequence: false });
          try {
            const history = messages
              .slice(0, -1)
              .map(({ role, content }) => (role === 'assistant' ? { type: 'model', response: [content] } : { type: role, text: content }));
            session.setChatHistory(history);
            const text = await session.prompt(messages.at(-1)!.content, {
              grammar: await grammar,
              temperature,
              seed: draw,
              maxTokens,
              signal,
            });
            const { usedInputTokens, usedOutputTokens } = contextSequence.tokenMeter;
            return { text, promptTokens: usedInputTokens, completionTokens: usedOutputTokens, retried: 0 };
          } catch (cause) {
            signal.throwIfAborted();
            throw new Fault('JUDGE_FAILED', `${basename(file)}: ${(cause as Error).message}`, { cause });
          } finally {
            session.dispose();
            contextSequence.dispose();
          }
        }, signal),
      async dispose() {
        await context.dispose();
        await model.dispose();
        await llama.dispose();
      },
    };
  } catch (cause) {
    await llama.dispose();
    throw new Fault('CHECKPOINT_INVALID', `the model cannot be loaded: ${(cause as Error).message}`, { where: { source: file }, cause });
  }
}
