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
  /** 0: as many as node-llama-cpp finds good. */
  threads: number;
  gpu: boolean;
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex').slice(0, 16);
}

/**
 * The schema as small models need it: without reasons, since they find no end to them (and llama.cpp's grammars take no bound on a text
 * without becoming slow), and with as many entries as are asked for.
 */
function grammarSchema(schema: unknown, items: readonly [number, number] | undefined): unknown {
  if (Array.isArray(schema)) return schema.filter((one) => one !== 'reason').map((one) => grammarSchema(one, items));
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(schema).filter(([key]) => key !== 'reason');
  const inner = Object.fromEntries(kept.map(([key, value]) => [key, grammarSchema(value, items)]));
  return inner['type'] === 'array' && items ? { ...inner, minItems: items[0], maxItems: items[1] } : inner;
}

/** Loads the model of a GGUF file. Throws Fault ASSET_MISSING without the file or node-llama-cpp, CHECKPOINT_INVALID where it does not load. */
export async function openGguf(options: GgufOptions): Promise<LanguageModel & { name: string }> {
  const { file, contextLength, maxTokens, temperature, concurrency, threads, gpu } = options;
  if (!existsSync(file)) {
    throw new Fault('ASSET_MISSING', 'there is no such model', { where: { source: file }, key: 'judge.file', hint: 'name a GGUF file' });
  }
  const { getLlama, LlamaChatSession } = await loadNodeLlamaCpp();
  const digest = await digestOf(file);
  const llama = await getLlama({ gpu: gpu ? 'auto' : false, build: 'never', skipDownload: true, logLevel: 'error' });
  try {
    const model = await llama.loadModel({ modelPath: file });
    const context = await model.createContext({ contextSize: contextLength, sequences: concurrency, ...(threads && { threads }) });
    const slots = new Slots(concurrency);
    const grammars = new Map<string, ReturnType<typeof llama.createGrammarForJsonSchema>>();
    return {
      name: `${basename(file)} ${digest.slice(0, 8)}`,
      key: { digest, contextLength, maxTokens, temperature },
      concurrency,
      ask: (messages, schema, { draw, items, signal }) =>
        slots.use(async () => {
          const wanted = grammarSchema(schema, items) as object;
          const name = JSON.stringify(wanted);
          let grammar = grammars.get(name);
          if (!grammar) grammars.set(name, (grammar = llama.createGrammarForJsonSchema(wanted)));
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
