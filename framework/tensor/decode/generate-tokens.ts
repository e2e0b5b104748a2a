import { setImmediate } from 'node:timers/promises';
import type { GenerateOptions, Random } from '../../contracts/index.js';
import { Fault } from '../../faults/index.js';
import { BeamSearch } from './beam-search.js';
import type { DecodeSession } from './decode-session.js';
import { argmaxOf, penalizeRepetition, sampleToken } from './process-logits.js';
import { StopStrings } from './stop-strings.js';

export interface GenerateTokensInputs {
  /** Of prompts * beams sequences: the beams of a prompt lie side by side. The caller disposes it. */
  session: DecodeSession;
  /** Text tokens of each prompt: the repetition penalty counts them. */
  prompts: readonly (readonly number[])[];
  /** Any of these ends a sequence. */
  endIds: readonly number[];
  /** What ids say, without special tokens; where stop strings are looked for. */
  decode: (ids: readonly number[]) => string;
  options: Omit<GenerateOptions, 'seed'>;
  /** One for each prompt. */
  randoms: readonly Random[];
  signal?: AbortSignal;
  /** Called with each token that is settled, the end token left out; with beams when the search is over. */
  onToken?: (sequence: number, token: number) => void;
}

/** What was generated for a prompt. */
export interface GeneratedSequence {
  /** Without the end token; those of a stop string are there. */
  ids: number[];
  /** Decoded; a stop string and what follows it are cut off. */
  text: string;
  /** What ended it: an end token, a stop string, or the number of tokens. */
  ending: 'end' | 'stop' | 'length';
}

/** The prompt of each of a session's sequences. */
export function beamRows(prompts: number, beams = 1): number[] {
  return Array.from({ length: prompts * beams }, (_, row) => Math.floor(row / beams));
}

/** How often other work of the process gets its turn, milliseconds. */
const breathEvery = 50;

/**
 * Generates until every sequence has ended or `maxNewTokens` or the session's room is used up: greedily at temperature 0, by sampling
 * above it, by beam search with more than one beam. Scores are changed in the order of transformers: repetition penalty, temperature,
 * top-k, top-p. A sequence's tokens do not depend on what else lies in the batch, but as far as the session's logits do.
 * Throws Fault CONFIG_VALUE for beams with a temperature, TENSOR_NAN where logits are no numbers, INTERRUPTED when the signal fires.
 */
export async function generateTokens(inputs: GenerateTokensInputs): Promise<GeneratedSequence[]> {
  const { session, prompts, options } = inputs;
  const { beams: width = 1 } = options;
  if (width > 1 && options.temperature > 0) {
    throw new Fault('CONFIG_VALUE', 'beam search does not sample', {
      key: 'generate.beams',
      expected: 'temperature 0 with more than one beam',
    });
  }
  if (session.batch !== prompts.length * width) {
    throw new Fault('TENSOR_SHAPE', `the session has ${session.batch} sequences, ${prompts.length} prompts of ${width} beams need others`);
  }
  // The last token need not go into the cache.
  const most = Math.min(options.maxNewTokens, session.room + 1);
  if (!prompts.length || most < 1) return prompts.map(() => ({ ids: [], text: '', ending: 'length' }));
  const stop = new StopStrings(options.stop ?? [], inputs.decode);
  const turn = turns(inputs.signal);
  const sequences = width > 1 ? await beams(inputs, most, stop, turn) : await singles(inputs, most, stop, turn);
  return sequences.map((ids) => {
    const ended = inputs.endIds.includes(ids.at(-1)!);
    const kept = ended ? ids.slice(0, -1) : [...ids];
    const cut = stop.cut(kept);
    return { ids: kept, text: cut ?? inputs.decode(kept), ending: ended ? 'end' : cut === null ? 'length' : 'stop' };
  });
}

async function singles(
  { session, prompts, endIds, options, randoms, onToken }: GenerateTokensInputs,
  most: number,
  stop: StopStrings,
  turn: () => Promise<void>,
): Promise<number[][]> {
  const { temperature, repetitionPenalty = 1 } = options;
  const sequences: number[][] = prompts.map(() => []);
  const seen = repetitionPenalty === 1 ? [] : prompts.map((prompt) => new Set(prompt));
  const ended = prompts.map(() => false);
  const tokens = new Int32Array(prompts.length);
  for (let step = 0; ; step++) {
    const chosen = temperature === 0 && repetitionPenalty === 1 ? await session.argmax() : await choose();
    for (const [i, ids] of sequences.entries()) {
      // What has ended goes along with some token or other.
      if (ended[i]) continue;
      const token = chosen[i]!;
      tokens[i] = token;
      ids.push(token);
      seen[i]?.add(token);
      const end = endIds.includes(token);
      if (!end) onToken?.(i, token);
      ended[i] = end || stop.endsIn(ids);
    }
    if (step + 1 === most || !ended.includes(false)) return sequences;
    session.append(tokens);
    await turn();
  }

  async function choose(): Promise<Int32Array> {
    const logits = await session.logits();
    return Int32Array.from(prompts, (_, i) => {
      if (ended[i]) return 0;
      const scores = rowOf(logits, i, session.vocabulary);
      if (seen[i]) penalizeRepetition(scores, seen[i], repetitionPenalty);
      return temperature === 0 ? argmaxOf(scores) : sampleToken(scores, options, randoms[i]!);
    });
  }
}

async function beams(
  { session, prompts, endIds, options, onToken }: GenerateTokensInputs,
  most: number,
  stop: StopStrings,
  turn: () => Promise<void>,
): Promise<number[][]> {
  const ends = (ids: readonly number[]) => endIds.includes(ids.at(-1)!) || stop.endsIn(ids);
  const { beams: width = 1, lengthPenalty = 1, repetitionPenalty = 1 } = options;
  const searches = prompts.map(
    (prompt) => new BeamSearch({ beams: width, lengthPenalty, repetitionPenalty, prompt, ends, endTokens: endIds.length }),
  );
  for (let step = 1; ; step++) {
    const logits = await session.logits();
    const rows = new Int32Array(session.batch);
    searches.forEach((search, i) => {
      const scores = Array.from({ length: width }, (_, beam) => rowOf(logits, i * width + beam, session.vocabulary));
      search.step(scores, step === most).forEach((beam, k) => (rows[i * width + k] = i * width + beam));
    });
    if (!searches.some(({ open }) => open) || !searches.some(({ continuable }) => continuable)) break;
    if (rows.some((row, i) => row !== i)) session.reorder(rows);
    session.append(Int32Array.from(searches.flatMap(({ running }) => running.map(({ ids }) => ids.at(-1)!))));
    await turn();
  }
  return searches.map(({ best }, i) => {
    for (const id of best.ids) if (!endIds.includes(id)) onToken?.(i, id);
    return [...best.ids];
  });
}

/** A copy of a sequence's logits. */
function rowOf(logits: Float32Array, row: number, vocabulary: number): Float32Array {
  const scores = logits.slice(row * vocabulary, (row + 1) * vocabulary);
  for (const score of scores) {
    if (Number.isNaN(score)) {
      throw new Fault('TENSOR_NAN', `the logits of sequence ${row} of the batch are not numbers`, {
        hint: 'the weights or the visual embeddings are not finite',
      });
    }
  }
  return scores;
}

/** Looks at the signal, and now and then lets timers and signals of the process have their turn. */
function turns(signal: AbortSignal | undefined): () => Promise<void> {
  let breath = performance.now();
  return async () => {
    if (performance.now() - breath > breathEvery) {
      await setImmediate();
      breath = performance.now();
    }
    if (signal?.aborted) throw new Fault('INTERRUPTED', 'interrupted while generating');
  };
}
