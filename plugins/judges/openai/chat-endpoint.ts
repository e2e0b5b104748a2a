import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PluginContext } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import { Slots, type LanguageModel, type ModelAnswer, type ModelMessage } from 'mienlab/plugin';
import { readCompletion } from './read-completion.js';
import { retryAfter } from './retry-after.js';

export type AnswerFormat = 'json-schema' | 'json-object' | 'text';

interface EndpointOptions {
  model: string;
  /** Base address without a slash at its end. */
  endpoint: string;
  key: string | undefined;
  keyVariable: string;
  answers: AnswerFormat;
  temperature: number | null;
  maxTokens: number;
  concurrency: number;
  requestsPerMinute: number;
  /** Milliseconds. */
  timeout: number;
  retries: number;
}

/** One request's end: an answer, or why not, and whether it may be sent again and when (milliseconds). */
type Outcome =
  { completion: Omit<ModelAnswer, 'retried'> } | { reason: string; again: boolean; wait?: number; fatal?: boolean; cause?: unknown };

const firstWait = 500;
const longestWait = 30_000;
/** Refusals in a row, no answer between them, after which all requests wait as long as the refused one. */
const refusalsToHold = 3;

/**
 * Chat completions of an OpenAI-compatible endpoint. A refused request waits as long as it is told (Retry-After) and makes room for others
 * meanwhile; after some refusals in a row all requests wait.
 * What no further request can mend (a wrong key, an unknown model, nobody there) is thrown at once from then on.
 */
export class ChatEndpoint implements LanguageModel {
  readonly key: LanguageModel['key'];
  readonly concurrency: number;
  readonly #options: EndpointOptions;
  readonly #context: PluginContext;
  readonly #slots: Slots;
  #refusals = 0;
  #heldUntil = 0;
  #nextStart = 0;
  #fatal?: Fault;

  constructor(context: PluginContext, options: EndpointOptions) {
    const { model, endpoint, answers, temperature, maxTokens } = options;
    this.key = { model, endpoint, answers, temperature, maxTokens };
    this.concurrency = options.concurrency;
    this.#options = options;
    this.#context = context;
    this.#slots = new Slots(options.concurrency);
    // Every request under way listens to it.
    setMaxListeners(0, context.signal);
  }

  async ask(
    messages: readonly ModelMessage[],
    schema: Readonly<Record<string, unknown>>,
    { draw, signal }: { draw: number; signal: AbortSignal },
  ): Promise<ModelAnswer> {
    const body = JSON.stringify(this.#body(messages, schema, draw));
    for (let retried = 0; ; retried++) {
      if (this.#fatal) throw this.#fatal;
      const outcome = await this.#slots.use(async () => {
        await this.#turn(signal);
        const answered = await this.#send(body, signal);
        this.#note(answered);
        return answered;
      }, signal);
      if ('completion' in outcome) return { ...outcome.completion, retried };
      if (outcome.again && retried < this.#options.retries) {
        const backOff = Math.min(longestWait, firstWait * 2 ** retried) * (0.5 + this.#context.random.next() / 2);
        await sleep(outcome.wait ?? backOff, undefined, { signal });
        continue;
      }
      const tried = retried ? ` (sent ${retried + 1} times)` : '';
      const fault = new Fault('JUDGE_FAILED', `${this.#options.endpoint}: ${this.#redacted(outcome.reason)}${tried}`, {
        hint: this.#hint(outcome.reason),
        cause: outcome.cause,
      });
      if (outcome.fatal) this.#fatal = fault;
      throw fault;
    }
  }

  dispose(): void {}

  #body(messages: readonly ModelMessage[], schema: Readonly<Record<string, unknown>>, draw: number): Record<string, unknown> {
    const { model, answers, temperature, maxTokens } = this.#options;
    const formats: Record<AnswerFormat, unknown> = {
      'json-schema': { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } },
      'json-object': { type: 'json_object' },
      text: undefined,
    };
    return {
      model,
      messages,
      max_tokens: maxTokens,
      seed: draw,
      ...(temperature !== null && { temperature }),
      ...(formats[answers] !== undefined && { response_format: formats[answers] }),
    };
  }

  /** Counts refusals in a row; before the next request takes the place of this one. */
  #note(outcome: Outcome): void {
    if ('completion' in outcome) this.#refusals = 0;
    else if (outcome.again && ++this.#refusals >= refusalsToHold) {
      this.#heldUntil = Math.max(this.#heldUntil, performance.now() + (outcome.wait ?? firstWait));
    }
  }

  /** Waits until a request may start. */
  async #turn(signal: AbortSignal): Promise<void> {
    const { requestsPerMinute } = this.#options;
    for (;;) {
      const now = performance.now();
      const wait = Math.max(this.#heldUntil, requestsPerMinute ? this.#nextStart : 0) - now;
      if (wait <= 0) break;
      await sleep(wait, undefined, { signal });
    }
    signal.throwIfAborted();
    if (requestsPerMinute) this.#nextStart = performance.now() + 60_000 / requestsPerMinute;
  }

  async #send(body: string, signal: AbortSignal): Promise<Outcome> {
    const { endpoint, key, timeout } = this.#options;
    const late = AbortSignal.timeout(timeout);
    try {
      const response = await fetch(`${endpoint}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
        body,
        signal: AbortSignal.any([signal, late]),
      });
      const text = await response.text();
      if (response.ok) {
        const completion = readCompletion(text);
        return typeof completion === 'string' ? { reason: completion, again: true } : { completion };
      }
      const { status } = response;
      return {
        reason: `HTTP ${status}: ${text.replace(/\s+/g, ' ').slice(0, 200)}`,
        again: [408, 409, 425, 429].includes(status) || status >= 500,
        wait: retryAfter(response.headers),
        fatal: [401, 403, 404].includes(status),
      };
    } catch (cause) {
      signal.throwIfAborted();
      if (late.aborted) return { reason: `no answer within ${timeout / 1000} s`, again: true, cause };
      const { code = (cause as Error).message } = ((cause as Error).cause ?? {}) as { code?: string };
      return { reason: `no connection: ${code}`, again: true, fatal: ['ECONNREFUSED', 'ENOTFOUND'].includes(code), cause };
    }
  }

  /** Some endpoints repeat the key in their refusals. */
  #redacted(text: string): string {
    return this.#options.key ? text.replaceAll(this.#options.key, '(key)') : text;
  }

  #hint(reason: string): string | undefined {
    if (/^HTTP 40[13]/.test(reason)) return `put the key of the endpoint into the environment variable ${this.#options.keyVariable}`;
    if (/^HTTP 404/.test(reason)) return 'check judge.endpoint and judge.model';
    if (/^HTTP 400/.test(reason)) return 'an endpoint without JSON-schema answers wants judge.answers=json-object or text';
    if (/^no connection/.test(reason)) return 'check judge.endpoint, and that it can be reached from here';
    return undefined;
  }
}
