/** One message of a chat. */
export interface ModelMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

export interface ModelAnswer {
  text: string;
  promptTokens: number;
  completionTokens: number;
  /** Requests that had to be sent again. */
  retried: number;
}

/** What a judge by prompts asks. */
export interface LanguageModel {
  /** All that its answers depend on beside the messages: part of the cache key. */
  readonly key: Readonly<Record<string, unknown>>;
  /** Questions that it works on at once; it lets the others wait by itself (`Slots`). */
  readonly concurrency: number;
  /**
   * `draw` tells repeats of one question apart; `items` are the least and the most entries of the answer's list, where it has one, for a
   * model that can be held to them. Throws a Fault where there is no answer.
   */
  ask(
    messages: readonly ModelMessage[],
    schema: Readonly<Record<string, unknown>>,
    options: { draw: number; items?: readonly [number, number]; signal: AbortSignal },
  ): Promise<ModelAnswer>;
  dispose(): void | Promise<void>;
}
