import type { Judge, JudgeUsage, PluginConfig, PluginContext, RatedAnswer, RatedAspect, Relation } from '../../contracts/index.js';
import { Fault } from '../../faults/index.js';
import { AnswerCache } from './answer-cache.js';
import { fillPrompt, judgePrompts, promptsHash, promptsVersion, type PromptName } from './judge-prompts.js';
import type { LanguageModel, ModelMessage } from './language-model.js';
import { readEvents, readRating, readRelations, type Reading } from './read-answers.js';
import { Recorder } from './recording.js';

/** Options that every judge by prompts has. */
export const promptJudgeOptions = {
  'max-events': { type: 'integer', minimum: 1, default: 10, description: 'Most events taken from one caption, the first ones.' },
  repeats: {
    type: 'integer',
    minimum: 1,
    maximum: 99,
    default: 1,
    description: 'How often relations and ratings are asked for: the majority and the mean count, the variance is reported.',
  },
  attempts: {
    type: 'integer',
    minimum: 1,
    default: 3,
    description: 'How often an answer that cannot be used is asked for again, with what was wrong, before the question counts as failed.',
  },
  'max-characters': {
    type: 'integer',
    minimum: 1,
    default: 50000,
    description: 'A caption longer than this is not sent: it is not scored.',
  },
  cache: { type: 'string', enum: ['use', 'refresh', 'off'], default: 'use', description: 'Answers kept on disk.' },
  record: { type: 'string', default: '', description: 'A file to append every answer to, for the judge "recorded"; empty: none.' },
} as const;

const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Least and most entries of the list that is asked for. */
function itemsOf({ count, max }: Readonly<Record<string, unknown>>): [number, number] | undefined {
  if (typeof count === 'number') return [count, count];
  return typeof max === 'number' ? [0, max] : undefined;
}

interface Counts {
  asked: number;
  cached: number;
  failed: number;
  repaired: number;
  retried: number;
  promptTokens: number;
  completionTokens: number;
}

/**
 * A judge that asks a language model: fills the prompts, keeps valid answers on disk, sends back what cannot be used with what is wrong,
 * and gives up with Fault JUDGE_FAILED. A caption without a word has no events and entails nothing; no model is asked for that.
 */
export class PromptJudge implements Judge {
  readonly id: string;
  readonly concurrency: number;
  readonly #model: LanguageModel;
  readonly #context: PluginContext;
  readonly #config: PluginConfig;
  readonly #prices?: { prompt: number; completion: number };
  readonly #cache: AnswerCache | null;
  readonly #recorder: Recorder | null;
  readonly #underWay = new Map<string, Promise<string>>();
  readonly #counts: Counts = { asked: 0, cached: 0, failed: 0, repaired: 0, retried: 0, promptTokens: 0, completionTokens: 0 };
  readonly #ratingVariances: number[] = [];
  readonly #relationsAgree: boolean[] = [];

  /** `name` tells judge, version and model; `config` has the `promptJudgeOptions`; `prices` are US dollars a million tokens. */
  constructor(
    context: PluginContext,
    given: { name: string; model: LanguageModel; config: PluginConfig; prices?: { prompt: number; completion: number } },
  ) {
    this.id = `${given.name}, prompts ${promptsVersion} ${promptsHash.slice(0, 8)}`;
    this.#context = context;
    this.#model = given.model;
    this.#config = given.config;
    this.#prices = given.prices;
    this.concurrency = given.model.concurrency;
    this.#cache = given.config['cache'] === 'off' ? null : new AnswerCache(context.folder());
    const record = given.config['record'] as string;
    this.#recorder = record ? new Recorder(context.resolve(record), this.id) : null;
  }

  async events(caption: string): Promise<string[]> {
    if (!caption.trim()) return [];
    const max = this.#config['max-events'] as number;
    const events = await this.#answer('events', { caption, max }, 0, (text) => readEvents(text, max));
    await this.#recorder?.add({ ask: 'events', input: { caption }, answer: events });
    return events;
  }

  async relations(events: readonly string[], caption: string): Promise<Relation[]> {
    if (events.length === 0) return [];
    if (!caption.trim()) return events.map(() => 'neutral');
    const values = { caption, events, count: events.length };
    const repeats = await this.#repeated((draw) => this.#answer('relations', values, draw, (text) => readRelations(text, events.length)));
    const relations = events.map((_, i) => this.#majority(repeats.map((one) => one[i]!)));
    await this.#recorder?.add({ ask: 'relations', input: { caption, events }, answer: relations });
    return relations;
  }

  async rate(aspect: RatedAspect, answer: RatedAnswer): Promise<number[]> {
    const values = { question: answer.question, reference: answer.reference, prediction: answer.prediction };
    const ratings = await this.#repeated((draw) => this.#answer(aspect, values, draw, readRating));
    if (ratings.length > 1) {
      const mean = average(ratings);
      this.#ratingVariances.push(average(ratings.map((one) => (one - mean) ** 2)));
    }
    await this.#recorder?.add({ ask: aspect, input: values, answer: ratings });
    return ratings;
  }

  usage(): JudgeUsage {
    const { promptTokens, completionTokens } = this.#counts;
    const [ratings, relations] = [this.#ratingVariances, this.#relationsAgree];
    return {
      ...this.#counts,
      cost: this.#prices ? (promptTokens * this.#prices.prompt + completionTokens * this.#prices.completion) / 1e6 : null,
      ratingVariance: ratings.length ? average(ratings) : null,
      relationDisagreement: relations.length ? relations.filter((agree) => !agree).length / relations.length : null,
    };
  }

  async dispose(): Promise<void> {
    const { asked, cached, failed, promptTokens, completionTokens, cost } = this.usage();
    if (asked) {
      const dollars = cost === null ? '' : `, ${cost.toFixed(4)} US dollars`;
      const tokens = `${promptTokens} and ${completionTokens} tokens${dollars}`;
      this.#context.log.info(`${this.id}: ${asked} questions, ${cached} answered from the cache, ${failed} failed; ${tokens}`);
    }
    await this.#model.dispose();
  }

  #repeated<Value>(ask: (draw: number) => Promise<Value>): Promise<Value[]> {
    return Promise.all(Array.from({ length: this.#config['repeats'] as number }, (_, draw) => ask(draw)));
  }

  /** What most repeats say; without a winner the event is left open. */
  #majority(relations: readonly Relation[]): Relation {
    if (relations.length > 1) this.#relationsAgree.push(new Set(relations).size === 1);
    const count = (relation: Relation) => relations.filter((one) => one === relation).length;
    const ranked = [...new Set(relations)].sort((a, b) => count(b) - count(a));
    return ranked[1] && count(ranked[0]!) === count(ranked[1]) ? 'neutral' : ranked[0]!;
  }

  async #answer<Value>(
    prompt: PromptName,
    values: Readonly<Record<string, unknown>>,
    draw: number,
    read: (text: string) => Reading<Value>,
  ): Promise<Value> {
    this.#counts.asked++;
    const longest = this.#config['max-characters'] as number;
    if (Object.values(values).some((value) => typeof value === 'string' && value.length > longest)) {
      this.#counts.failed++;
      throw this.#failed(prompt, `a caption is longer than ${longest} characters (max-characters)`);
    }
    const content = fillPrompt(judgePrompts[prompt], values);
    const key = { prompts: promptsVersion, prompt, model: this.#model.key, content, system: judgePrompts[prompt].system, draw };
    const name = JSON.stringify(key);
    const going = this.#underWay.get(name);
    if (going) this.#counts.cached++;
    const answer = going ?? this.#obtain(key, prompt, { content, draw, items: itemsOf(values) }, (text) => read(text));
    this.#underWay.set(name, answer);
    try {
      const reading = read(await answer);
      if ('complaint' in reading) throw this.#failed(prompt, reading.complaint);
      return reading.value;
    } catch (error) {
      this.#counts.failed++;
      throw error;
    } finally {
      this.#underWay.delete(name);
    }
  }

  /** A text that `read` can use, from the cache or the model. */
  async #obtain(
    key: object,
    prompt: PromptName,
    { content, draw, items }: { content: string; draw: number; items?: readonly [number, number] },
    read: (text: string) => Reading<unknown>,
  ): Promise<string> {
    const kept = this.#config['cache'] === 'use' ? await this.#cache?.get(key) : undefined;
    if (kept !== undefined && !('complaint' in read(kept))) {
      this.#counts.cached++;
      return kept;
    }
    const { system, schema } = judgePrompts[prompt];
    const messages: ModelMessage[] = [
      { role: 'system', content: system },
      { role: 'user', content },
    ];
    let complaint = '';
    for (let attempt = 0; attempt < (this.#config['attempts'] as number); attempt++) {
      const { signal } = this.#context;
      const answer = await this.#model.ask(messages, schema, { draw, items, signal });
      this.#counts.retried += answer.retried;
      this.#counts.promptTokens += answer.promptTokens;
      this.#counts.completionTokens += answer.completionTokens;
      const reading = read(answer.text);
      if (!('complaint' in reading)) {
        await this.#cache?.set(key, answer.text);
        return answer.text;
      }
      complaint = reading.complaint;
      this.#counts.repaired++;
      // Only the last broken answer goes back, cut short, so that the question does not grow.
      messages.splice(2, messages.length, { role: 'assistant', content: answer.text.slice(0, 2000) || '(nothing)' });
      messages.push({ role: 'user', content: `That cannot be used: ${complaint}. Answer again with the JSON object alone.` });
    }
    throw this.#failed(prompt, `no usable answer in ${this.#config['attempts']} attempts: ${complaint}`);
  }

  #failed(prompt: PromptName, message: string): Fault {
    return new Fault('JUDGE_FAILED', `${this.id}, asked for ${prompt}: ${message}`);
  }
}
