import type { InstructionSample } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import type { ChatMessage, ChatTemplate, HfTokenizer } from 'mienlab/text';

export interface PromptOptions {
  /** A chat template in Jinja instead of the tokenizer's. */
  template?: string;
  /** What the template may ask for. By default thinking is off where a template can switch it. */
  variables?: Readonly<Record<string, unknown>>;
  /** A system message before the user's, where a sample has none of its own. */
  system?: string;
  /** What stands between the visual embeddings and the instruction. */
  separator?: string;
  /** Ids that end an answer beside the tokenizer's eos and the template's own, such as those of generation_config.json. */
  endIds?: readonly number[];
  /** Most tokens of a sequence, visual embeddings included. */
  contextLength: number;
  /** What a sample does that is longer: a fault, or its answer loses its end (and the token that would say that it ends). */
  tooLong?: 'fault' | 'cut-answer';
}

/** A sequence of tokens with room for visual embeddings. */
export interface Prompt {
  /** Visual embeddings are counted: their places hold 0. */
  ids: number[];
  /** The id itself where it is learnt (answers with their end tokens), else -100; not shifted. */
  labels: number[];
  /** Place of the first visual embedding. */
  visualAt: number;
}

/** Stands where the visual embeddings go while a text is rendered; no template and no sample should hold it. */
const placeholder = '<|mienlab-visual|>';
/** Stands around each earlier answer while it is looked for in the rendered text. */
const fence = '<|mienlab-answer|>';
const ignored = -100;

/**
 * Turns instruction samples into token ids by a chat template: the visual embeddings, a line end and the instruction are the user's
 * first turn, the answer is the assistant's. The text around the embeddings gets the tokens that it would get around an image token; an
 * answer's tokens are those by which the whole chat goes beyond its prompt.
 */
export class PromptMaker {
  /** Ids that end an answer. */
  readonly endIds: readonly number[];
  readonly #template: ChatTemplate;
  readonly #variables: Readonly<Record<string, unknown>>;

  /** Throws Fault TEMPLATE_INVALID without a usable template, or where nothing tells the end of an answer. */
  constructor(
    private readonly tokenizer: HfTokenizer,
    private readonly options: PromptOptions,
  ) {
    this.#template =
      options.template === undefined ? tokenizer.chatTemplate() : tokenizer.templateOf(options.template, 'llm-head.template');
    this.#variables = { enable_thinking: false, ...options.variables };
    const { prompt, whole } = this.#render({ instruction: 'a', answer: 'a' }, 1);
    const after = tokenizer.encode(whole.slice(prompt.length), { addSpecialTokens: false });
    const closing = after.find((id) => tokenizer.isSpecial(id));
    const ids = [closing, tokenizer.eosId, ...(options.endIds ?? [])].filter((id) => id !== undefined && id !== null);
    this.endIds = [...new Set(ids)];
    if (!this.endIds.length) {
      throw this.#broken('neither the chat template nor the tokenizer has a token that ends an answer', {
        hint: 'name eos_token in tokenizer_config.json',
      });
    }
  }

  /** The tokens up to where the answer begins. `index` is the sample's place in its batch, for faults, as is its clip. */
  prompt(sample: InstructionSample, visual: number, index: number): Prompt {
    const { prompt } = this.#render({ ...sample, answer: '' }, visual, index);
    return this.#checked(spread(this.#encode(prompt), [], visual), sample, visual, index, Infinity);
  }

  /** The tokens of prompt and answer. */
  training(sample: InstructionSample, visual: number, index: number): Prompt {
    const answer = sample.answer.trim();
    if (!answer) {
      throw new Fault('SAMPLE_INVALID', `sample ${index} of the batch has an empty answer: there is nothing to learn from it`, {
        ...(sample.clip !== undefined && { clip: sample.clip }),
        hint: 'leave the clip out of the training split, or give it a caption',
      });
    }
    const { prompt, whole, answers } = this.#render({ ...sample, answer }, visual, index);
    const [opening, all] = [this.#encode(prompt), this.#encode(whole)];
    const begun = opening.ids.length;
    if (!begun || begun >= all.ids.length || opening.at !== all.at || opening.ids.some((id, i) => all.ids[i] !== id)) {
      throw this.#broken('the tokens of a chat do not begin with those of its prompt: the end of the prompt and the answer merge', {
        hint: 'the text that opens the assistant turn must not end with a space or in the middle of a word',
      });
    }
    // What the template puts after the end token is never generated.
    const end = all.ids.findLastIndex((id, i) => i >= begun && this.endIds.includes(id));
    const ids = end < 0 ? [...all.ids, this.tokenizer.eosId ?? this.endIds[0]!] : all.ids.slice(0, end + 1);
    const learnt = [...answers.map((place) => this.#earlierAnswer(whole, place, all.ids)), [begun, ids.length] as const];
    return this.#checked(spread({ ids, at: all.at }, learnt, visual), sample, visual, index, begun + visual);
  }

  /** The answer of generated ids. */
  answer(ids: Iterable<number>): string {
    return this.tokenizer.decode(ids, { skipSpecialTokens: true }).trim();
  }

  /** Texts up to the answer and with it, and where in the latter earlier answers stand that are learnt. */
  #render(sample: InstructionSample, visual: number, index = 0): Rendered {
    const earlier = (sample.earlier ?? []).map(({ instruction, answer }) => ({ instruction, answer: answer.trim() }));
    const { system = this.options.system, instruction } = sample;
    for (const text of [...earlier.flatMap((turn) => [turn.instruction, turn.answer]), system ?? '', instruction, sample.answer]) {
      const reserved = [placeholder, fence].find((reserved) => text.includes(reserved));
      if (reserved) {
        throw new Fault('SAMPLE_INVALID', `sample ${index} of the batch holds the reserved text ${reserved}`, {
          ...(sample.clip !== undefined && { clip: sample.clip }),
        });
      }
    }
    const { separator = '\n' } = this.options;
    const chat = (around: string): ChatMessage[] => [
      ...(system === undefined ? [] : [{ role: 'system', content: system }]),
      ...[...earlier, { instruction, answer: null }].flatMap(({ instruction, answer }, i) => [
        { role: 'user', content: visual && i === 0 ? `${placeholder}${separator}${instruction}` : instruction },
        ...(answer === null ? [] : [{ role: 'assistant', content: `${around}${answer}${around}` }]),
      ]),
    ];
    const messages = chat('');
    const variables = this.#variables;
    const prompt = this.#template.render(messages, { addGenerationPrompt: true, variables });
    if (prompt.split(placeholder).length !== (visual ? 2 : 1)) {
      throw this.#broken('the chat template does not render the user message exactly once');
    }
    if (!sample.answer) return { prompt, whole: prompt, answers: [] };
    const whole = this.#template.render([...messages, { role: 'assistant', content: sample.answer }], { variables });
    if (!whole.startsWith(prompt)) {
      let same = 0;
      while (prompt[same] === whole[same]) same++;
      throw this.#broken(
        `a chat does not begin with its prompt: they part after ${JSON.stringify(prompt.slice(Math.max(0, same - 40), same))}`,
        {
          expected: JSON.stringify(prompt.slice(same, same + 40)),
          hint: 'add_generation_prompt must open the assistant turn as the template renders one; template variables may help',
        },
      );
    }
    if (sample.learn !== 'all-answers' || !earlier.length) return { prompt, whole, answers: [] };
    const fenced = this.#template.render([...chat(fence), { role: 'assistant', content: sample.answer }], { variables });
    const pieces = fenced.split(fence);
    if (pieces.join('') !== whole || pieces.length !== 2 * earlier.length + 1) {
      throw this.#broken('the chat template does not render earlier answers as they are: they cannot be learnt', {
        hint: 'learn the last answer of each conversation alone',
      });
    }
    let at = 0;
    const bounds = pieces.map((piece) => (at += piece.length));
    return { prompt, whole, answers: earlier.map((_, i) => [bounds[2 * i]!, bounds[2 * i + 1]!] as const) };
  }

  /** The places of an earlier answer's tokens among all, with its end token where the template renders one. */
  #earlierAnswer(whole: string, [start, end]: Range, ids: readonly number[]): Range {
    const [before, through] = [this.#encode(whole.slice(0, start)).ids, this.#encode(whole.slice(0, end)).ids];
    const same = (part: readonly number[]) => {
      const differs = part.findIndex((id, i) => ids[i] !== id);
      return differs < 0 ? part.length : differs;
    };
    if (same(before) < before.length) {
      throw this.#broken('the text that opens an earlier answer merges with it', {
        hint: 'the text that opens the assistant turn must not end with a space or in the middle of a word',
      });
    }
    const last = same(through);
    return [before.length, this.endIds.includes(ids[last]!) ? last + 1 : last];
  }

  /** Ids of a rendered text, and how many stand before the placeholder. */
  #encode(text: string): Tokens {
    const parts = this.tokenizer.encodeApart(text.split(placeholder));
    return { ids: parts.flat(), at: parts.length > 1 ? parts[0]!.length : 0 };
  }

  #checked(prompt: Prompt, sample: InstructionSample, visual: number, index: number, opening: number): Prompt {
    const { contextLength, tooLong = 'fault' } = this.options;
    const { length } = prompt.ids;
    // Generation needs room for a token.
    const limit = opening === Infinity ? contextLength - 1 : contextLength;
    if (length <= limit) return prompt;
    const fixed = Math.min(length, opening);
    if (tooLong === 'cut-answer' && opening !== Infinity && fixed < limit) {
      return { ...prompt, ids: prompt.ids.slice(0, limit), labels: prompt.labels.slice(0, limit) };
    }
    throw new Fault(
      'SAMPLE_INVALID',
      `sample ${index} of the batch has ${length} tokens (${visual} visual embeddings, ${fixed - visual} of the prompt, ${length - fixed} of the answer), context-length is ${contextLength}`,
      {
        ...(sample.clip !== undefined && { clip: sample.clip }),
        key: 'llm-head.context-length',
        expected: `at most ${limit} tokens`,
        hint: 'raise context-length, let the projector give fewer tokens, or shorten the text; llm-head.too-long=cut-answer cuts answers',
      },
    );
  }

  #broken(message: string, details: { hint?: string; expected?: string } = {}): Fault {
    return new Fault('TEMPLATE_INVALID', message, { key: 'llm-head.template', ...details });
  }
}

interface Tokens {
  ids: readonly number[];
  at: number;
}

/** From and up to. */
type Range = readonly [number, number];

interface Rendered {
  prompt: string;
  whole: string;
  answers: readonly Range[];
}

/** Makes room for the visual embeddings, and labels for the ids at these places. */
function spread({ ids, at }: Tokens, places: readonly Range[], visual: number): Prompt {
  const learnt = ids.map((id, i) => (places.some(([from, to]) => i >= from && i < to) ? id : ignored));
  const between = (row: readonly number[], fill: number) => [...row.slice(0, at), ...Array<number>(visual).fill(fill), ...row.slice(at)];
  return { ids: between(ids, 0), labels: between(learnt, ignored), visualAt: at };
}
