import type { Clip, InstructionSample } from '../contracts/index.js';

/** All that can be learnt of a clip: a sample for every reference, and one for every conversation. */
export function clipSamples({ id, instruction, references, conversations = [] }: Clip): InstructionSample[] {
  return [
    ...references.map((answer) => ({ instruction, answer, clip: id })),
    ...conversations.map(({ turns, ...about }) => ({ ...about, ...turns.at(-1)!, earlier: turns.slice(0, -1), clip: id })),
  ];
}

/** Answers to what a clip is asked first: its references, and the first answer of every conversation. */
export function firstAnswers({ references, conversations = [] }: Clip): string[] {
  return [...references, ...conversations.map(({ turns }) => turns[0]!.answer)];
}

/** What a tokenizer is learned from: all texts of a clip. */
export function corpusOf({ instruction, references, conversations = [] }: Clip): string[] {
  const talks = conversations.flatMap(({ system, turns }) => [system ?? [], turns.map(({ instruction, answer }) => [instruction, answer])]);
  return [instruction, ...references, ...talks.flat(2)];
}
