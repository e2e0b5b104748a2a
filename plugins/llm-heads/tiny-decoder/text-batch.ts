import type { HostArray, HostBatch, InstructionSample } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import type { ByteBpe } from './byte-bpe.js';

/** Token ids of one sample; the answer without its end token. */
export interface TokenizedSample {
  prompt: number[];
  answer: number[];
}

export function tokenize(sample: InstructionSample, tokenizer: ByteBpe, template: string): TokenizedSample {
  // A function, since the instruction may hold `$&`.
  return { prompt: tokenizer.encode(template.replace('{instruction}', () => sample.instruction)), answer: tokenizer.encode(sample.answer) };
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
  const first = visual - 1 + Math.min(...texts.map(({ prompt }) => prompt.length));
  const rows = length - first;
  const ids = new Int32Array(texts.length * textLength).fill(end);
  const labels = new Int32Array(texts.length * rows);
  const weights = new Float32Array(texts.length * rows);
  const weight = 1 / texts.reduce((sum, { answer }) => sum + answer.length + 1, 0);
  texts.forEach(({ prompt, answer }, i) => {
    ids.set([...prompt, ...answer], i * textLength);
    const start = i * rows + visual - 1 + prompt.length - first;
    labels.set([...answer, end], start);
    weights.fill(weight, start, start + answer.length + 1);
  });
  const samples = texts.length;
  return {
    ids: { data: ids, shape: [samples, textLength] },
    labels: { data: labels, shape: [samples, rows] },
    weights: { data: weights, shape: [samples, rows] },
  };
}
