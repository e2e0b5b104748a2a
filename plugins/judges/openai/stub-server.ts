import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a stub says to one request: a body as it is, an object as the content of a chat completion, or a status. */
interface StubReply {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  content?: unknown;
  /** Milliseconds before it. */
  delay?: number;
}

export interface StubRequest {
  system: string;
  user: string;
  messages: { role: string; content: string }[];
  headers: IncomingMessage['headers'];
  body: Record<string, unknown>;
}

/** A sound answer to any of the prompts: the sentences of a caption as events, entailment where the caption holds the event, a rating of 4.8. */
export function soundAnswer({ user }: StubRequest): unknown {
  const value = (label: string): unknown => {
    const line = user.split('\n').find((one) => one.startsWith(`${label}: `));
    return line && JSON.parse(line.slice(label.length + 2));
  };
  const caption = value('Caption');
  if (typeof caption !== 'string') return { score: 4.8 };
  const events = value('Events') as string[] | undefined;
  if (!events) return { events: caption.split(/[.!?]\s*/).filter((one) => one.trim()) };
  return {
    relations: events.map((event, i) => ({ event: i + 1, reason: '', relation: caption.includes(event) ? 'entailment' : 'neutral' })),
  };
}

/** An endpoint on 127.0.0.1 for tests and the bench. */
export class StubServer {
  readonly requests: StubRequest[] = [];
  #server?: Server;

  constructor(private readonly reply: (request: StubRequest, index: number) => StubReply) {}

  /** Resolves to its base address, of which it has one however often it is asked. */
  async listen(): Promise<string> {
    if (!this.#server) {
      const server = (this.#server = createServer((request, response) => void this.#serve(request, response)));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    }
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  close(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const piece of request) text += String(piece);
    const body = JSON.parse(text) as { messages: StubRequest['messages'] };
    const [system, user] = body.messages.map(({ content }) => content);
    const asked: StubRequest = { system: system!, user: user!, messages: body.messages, headers: request.headers, body };
    const { status = 200, headers, body: raw, content, delay = 0 } = this.reply(asked, this.requests.push(asked) - 1);
    if (delay) await new Promise((resolve) => setTimeout(resolve, delay));
    const message = { role: 'assistant', content: typeof content === 'string' ? content : JSON.stringify(content) };
    const completion = { choices: [{ index: 0, message }], usage: { prompt_tokens: 100, completion_tokens: 10 } };
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(raw ?? JSON.stringify(completion));
  }
}
