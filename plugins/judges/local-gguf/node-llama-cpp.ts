import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Fault } from 'mienlab/faults';

export const packageVersion = '^3.22.1';
const name = 'node-llama-cpp';

interface Sequence {
  readonly tokenMeter: { usedInputTokens: number; usedOutputTokens: number };
  dispose(): void;
}

interface Context {
  getSequence(): Sequence;
  dispose(): Promise<void>;
}

interface Model {
  createContext(options: { contextSize: number; sequences: number; threads?: number }): Promise<Context>;
  dispose(): Promise<void>;
}

type Grammar = object;

interface PromptOptions {
  grammar: Grammar;
  temperature: number;
  seed: number;
  maxTokens: number;
  signal: AbortSignal;
}

/** The part of node-llama-cpp 3 that is used here. */
export interface NodeLlamaCpp {
  getLlama(options: { gpu: false | 'auto'; build: 'never'; skipDownload: true; logLevel: string }): Promise<{
    loadModel(options: { modelPath: string }): Promise<Model>;
    createGrammarForJsonSchema(schema: object): Promise<Grammar>;
    dispose(): Promise<void>;
  }>;
  LlamaChatSession: new (options: { contextSequence: Sequence; systemPrompt: string; autoDisposeSequence: boolean }) => {
    setChatHistory(history: object[]): void;
    prompt(text: string, options: PromptOptions): Promise<string>;
    dispose(): void;
  };
}

/** From where the user installed it: this project, or the folder that the user stands in. Throws Fault ASSET_MISSING. */
export async function loadNodeLlamaCpp(): Promise<NodeLlamaCpp> {
  let cause: unknown;
  for (const from of [import.meta.url, pathToFileURL(join(process.cwd(), 'package.json')).href]) {
    try {
      return (await import(pathToFileURL(createRequire(from).resolve(name)).href)) as NodeLlamaCpp;
    } catch (error) {
      cause = error;
    }
  }
  throw new Fault('ASSET_MISSING', `the npm package ${name} is not installed, or does not load`, {
    expected: `${name} ${packageVersion}`,
    hint: `npm install --no-save ${name}@${packageVersion}`,
    cause,
  });
}
