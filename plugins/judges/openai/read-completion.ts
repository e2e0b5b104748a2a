import type { ModelAnswer } from 'mienlab/plugin';

interface Completion {
  choices?: { message?: { content?: unknown; refusal?: unknown } }[];
  usage?: { prompt_tokens?: unknown; completion_tokens?: unknown };
}

const count = (value: unknown) => (typeof value === 'number' && value >= 0 ? value : 0);

/** The first choice of a chat completion's body; else what the body is instead, in few words. */
export function readCompletion(body: string): Omit<ModelAnswer, 'retried'> | string {
  let parsed: Completion | null;
  try {
    parsed = JSON.parse(body) as Completion | null;
  } catch {
    const start = body.replace(/\s+/g, ' ').trim().slice(0, 80);
    return /^\s*<(?:!doctype|html)/i.test(body)
      ? `it answered with a web page: ${start}`
      : `its answer is no JSON: ${start || '(nothing)'}`;
  }
  const message = parsed?.choices?.[0]?.message;
  if (typeof message?.refusal === 'string') return `the model refused: ${message.refusal.slice(0, 80)}`;
  if (typeof message?.content !== 'string') return 'its answer is no chat completion';
  return {
    text: message.content,
    promptTokens: count(parsed!.usage?.prompt_tokens),
    completionTokens: count(parsed!.usage?.completion_tokens),
  };
}
