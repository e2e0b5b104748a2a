const encoder = new TextEncoder();

/** Texts that end a sequence, found in what its tokens say, also across tokens. */
export class StopStrings {
  readonly #strings: readonly string[];
  /** Tokens at the end that can take part in a text that the last one completes: none is shorter than a byte, and one more for a cut-off blank. */
  readonly #window: number;

  constructor(
    strings: readonly string[],
    private readonly decode: (ids: readonly number[]) => string,
  ) {
    this.#strings = strings.filter((text) => text !== '');
    this.#window = 8 + this.#strings.reduce((most, text) => Math.max(most, encoder.encode(text).length), 0);
  }

  /** Whether one stands near the end of the sequence; ask after every token. */
  endsIn(ids: readonly number[]): boolean {
    if (!this.#strings.length) return false;
    const tail = this.decode(ids.slice(-this.#window));
    return this.#strings.some((text) => tail.includes(text));
  }

  /** The text before the first of them, or null where there is none. */
  cut(ids: readonly number[]): string | null {
    if (!this.#strings.length) return null;
    const text = this.decode(ids);
    const places = this.#strings.map((stop) => text.indexOf(stop)).filter((place) => place >= 0);
    return places.length ? text.slice(0, Math.min(...places)) : null;
  }
}
