import type { HostArray, HostBatch, InstructionSample } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import type { ByteBpe } from './byte-bpe.js';
import type { TinyDecoderConfig } from './plugin.js';

/** Token ids of one sample; the answer without its end token. */
export interface TokenizedSample {
  /** All that comes before the answer; earlier answers with their end tokens. */
  prompt: number[];
  answer: number[];
  /** Places in the prompt, from and up to, of earlier answers that are learnt as well; with their end tokens. */
  learnt?: readonly (readonly [number, number])[];
}

export function tokenize(sample: InstructionSample, tokenizer: ByteBpe, template: string): TokenizedSample {
  // A function, since the instruction may hold `$&`.
  const ask = (instruction: string) => tokenizer.encode(template.replace('{instruction}', () => instruction));
  const prompt = sample.system ? tokenizer.encode(`${sample.system}\n`) : [];
  const learnt: [number, number][] = [];
  for (const turn of sample.earlier ?? []) {
    prompt.push(...ask(turn.instruction));
    const start = prompt.length;
    prompt.push(...tokenizer.encode(turn.answer), tokenizer.size);
    if (sample.learn === 'all-answers') learnt.push([start, prompt.length]);
  }
  prompt.push(...ask(sample.instruction));
  return { prompt, answer: tokenizer.encode(sample.answer), learnt };
}

/** Throws Fault TENSOR_SHAPE where visual embeddings and text do not fit. */
export function assertFits(visual: number, text: number, contextLength: number, sample: number): void {
  if (visual + text > contextLength) {
    throw new Fault(
      'TENSOR_SHAPE',
      `sample ${sample} has ${visual} visual embeddings and ${text} text tokens, context-length is ${contextLength}`,
      {
        key: 'llm-head.context-length',
        expected: `at most ${contextLength} tokens together`,
        hint: 'raise context-length, or shorten the captions or the instruction',
      },
    );
  }
}

/** Lengths are rounded up to this: few different shapes, so that compiled primitives are found again. */
const bucket = 8;

/** What the decoder's loss reads; where answers begin and how long sequences are shows in the shapes. */
export interface TrainingBatch extends HostBatch {
  /** Text, padded at the end, int32 [sample, text]. */
  ids: HostArray;
  /** The next token of each place from the first one on that predicts an answer, int32 [sample, places]. */
  labels: HostArray;
  /** [sample, places]: 1 / (answer tokens in the batch) where the next token is of an answer, else 0. */
  weights: HostArray;
}

/** Texts padded to the longest. The place before a token predicts it, so the last token, the end, is no input. */
export function trainingBatch(texts: readonly TokenizedSample[], visual: number, end: number, contextLength: number): TrainingBatch {
  texts.forEach(({ prompt, answer }, i) => assertFits(visual, prompt.length + answer.length + 1, contextLength, i));
  const longest = Math.max(...texts.map(({ prompt, answer }) => prompt.length + answer.length));
  const length = Math.min(contextLength, Math.ceil((visual + longest) / bucket) * bucket);
  const textLength = length - visual;
  const first = visual - 1 + Math.min(...texts.map(({ prompt, learnt }) => learnt?.[0]?.[0] ?? prompt.length));
  const rows = length - first;
  const ids = new Int32Array(texts.length * textLength).fill(end);
  const labels = new Int32Array(texts.length * rows);
  const weights = new Float32Array(texts.length * rows);
  const answers = texts.map(({ prompt, answer, learnt = [] }) => [
    ...learnt.map(([from, to]) => ({ at: from, tokens: prompt.slice(from, to) })),
    { at: prompt.length, tokens: [...answer, end] },
  ]);
  const weight = 1 / answers.flat().reduce((sum, { tokens }) => sum + tokens.length, 0);
  texts.forEach(({ prompt, answer }, i) => {
    ids.set([...prompt, ...answer], i * textLength);
    for (const { at, tokens } of answers[i]!) {
      const start = i * rows + visual - 1 + at - first;
      labels.set(tokens, start);
      weights.fill(weight, start, start + tokens.length);
    }
  });
  const samples = texts.length;
  return {
    ids: { data: ids, shape: [samples, textLength] },
    labels: { data: labels, shape: [samples, rows] },
    weights: { data: weights, shape: [samples, rows] },
  };
}

/** What `LlmHead.prepare` gives. */
export function samplesBatch(
  samples: readonly InstructionSample[],
  visual: number,
  tokenizer: ByteBpe,
  { template, 'context-length': contextLength }: Pick<TinyDecoderConfig, 'template' | 'context-length'>,
): TrainingBatch {
  const texts = samples.map((sample) => tokenize(sample, tokenizer, template));
  return trainingBatch(texts, visual, tokenizer.size, contextLength);
}
