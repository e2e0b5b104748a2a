import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { Fault } from '../faults/index.js';
import { pythonStrip, rewriteStrips, stripFunction } from './python-strip.js';

/** A message of a chat. Templates of some models look at more than role and content. */
export interface ChatMessage {
  role: string;
  content: string;
  [field: string]: unknown;
}

export interface RenderOptions {
  /** Ends with what opens the assistant's turn. */
  addGenerationPrompt?: boolean;
  /** What else the template may ask for: `date_string`, `enable_thinking`, ... They win over the tokenizer's own. */
  variables?: Readonly<Record<string, unknown>>;
}

/** What `strftime_now` answers with, so that a prompt does not change from day to day: the date that Llama's templates fall back to. */
const promptDate = new Date(Date.UTC(2024, 6, 26));

/** A chat template in Jinja, rendered as transformers' `apply_chat_template` does it (blocks trimmed; `raise_exception`, `strftime_now`). */
export class ChatTemplate {
  readonly #program: ReturnType<typeof parse>;

  /**
   * `variables` are the tokenizer's, such as bos_token; `source` is a file or what else faults name.
   * Throws Fault TEMPLATE_INVALID where the text is no template.
   */
  constructor(
    text: string,
    private readonly source: string,
    private readonly variables: Readonly<Record<string, unknown>> = {},
  ) {
    try {
      // `{% generation %}` only marks text for training masks; the library does not know it.
      const known = text.replace(
        /(\{%[-+]?\s*)(end)?generation(\s*[-+]?%\})/g,
        (_, open: string, end: string | undefined, close: string) => `${open}${end ? 'endif' : 'if true'}${close}`,
      );
      this.#program = parse(tokenize(known, { lstrip_blocks: true, trim_blocks: true }));
      rewriteStrips(this.#program);
    } catch (cause) {
      throw new Fault('TEMPLATE_INVALID', `the chat template cannot be read: ${(cause as Error).message}`, { where: { source }, cause });
    }
  }

  /** Throws Fault TEMPLATE_INVALID where the template fails or refuses the messages. */
  render(messages: readonly ChatMessage[], { addGenerationPrompt = false, variables = {} }: RenderOptions = {}): string {
    try {
      const environment = new Environment(globals());
      const given = { ...this.variables, tools: null, documents: null, ...variables, messages, add_generation_prompt: addGenerationPrompt };
      for (const [name, value] of Object.entries(given)) environment.set(name, value);
      return (new Interpreter(environment).run(this.#program) as { value: string }).value;
    } catch (cause) {
      throw new Fault('TEMPLATE_INVALID', `the chat template fails: ${(cause as Error).message}`, {
        where: { source: this.source },
        hint: `it was given ${messages.length} messages with the roles ${messages.map(({ role }) => role).join(', ')}`,
        cause,
      });
    }
  }
}

/** What every template can use; `namespace` is the library's. */
function globals(): Environment {
  const environment = new Environment();
  const functions = {
    raise_exception: (message: string) => {
      throw new Error(message);
    },
    [stripFunction]: pythonStrip,
    strftime_now: (format: string) => formatDate(promptDate, format),
    range: (first: number, stop?: number, step = 1) => {
      if (step === 0) throw new Error('range() step must not be zero');
      const [start, end] = stop === undefined ? [0, first] : [first, stop];
      return Array.from({ length: Math.max(0, Math.ceil((end - start) / step)) }, (_, i) => start + i * step);
    },
  };
  for (const [name, value] of Object.entries({
    true: true,
    True: true,
    false: false,
    False: false,
    none: null,
    None: null,
    ...functions,
  })) {
    environment.set(name, value);
  }
  return environment;
}

/** The directives of C's strftime that templates use, in English and UTC. */
function formatDate(date: Date, format: string): string {
  const name = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat('en-US', { ...options, timeZone: 'UTC' }).format(date);
  const iso = date.toISOString();
  const values: Record<string, string> = {
    Y: iso.slice(0, 4),
    y: iso.slice(2, 4),
    m: iso.slice(5, 7),
    d: iso.slice(8, 10),
    H: iso.slice(11, 13),
    M: iso.slice(14, 16),
    S: iso.slice(17, 19),
    b: name({ month: 'short' }),
    B: name({ month: 'long' }),
    a: name({ weekday: 'short' }),
    A: name({ weekday: 'long' }),
    '%': '%',
  };
  return format.replace(/%-?([A-Za-z%])/g, (directive, key: string) => {
    const value = values[key];
    if (value === undefined) throw new Error(`strftime_now does not know ${directive}`);
    return directive.startsWith('%-') ? value.replace(/^0/, '') : value;
  });
}
