/** A stretch of a caption that says when something happens: the time phrase, and all up to the next one. */
interface TimedPart {
  /** Such as `At the beginning of the video, `. */
  when: string;
  /** What happens, one or more sentences, without white space at its ends. */
  what: string;
  /** White space after it. */
  gap: string;
}

/** A caption taken apart; joined again it is the same text. */
export interface CaptionParts {
  /** What stands before the first time phrase: mostly who is shown. */
  shown: string;
  timed: readonly TimedPart[];
}

/** Takes captions apart at sentences that begin with one of the time phrases (sources of regular expressions). */
export function captionSplitter(timePhrases: readonly string[]): (caption: string) => CaptionParts {
  const opening = new RegExp(`^(?:${timePhrases.join('|')})(?:,\\s*|(?=\\s+(?:he|she|his|her|the|there)\\b)\\s+)`, 'i');
  return (caption) => {
    // Sentences with the white space after them.
    const sentences = caption.match(/[\s\S]*?[.!?]["')\]]*(?:\s+|$)|[\s\S]+$/g) ?? [];
    let shown = '';
    const timed: { when: string; rest: string }[] = [];
    for (const sentence of sentences) {
      const when = opening.exec(sentence)?.[0];
      const last = timed.at(-1);
      if (when !== undefined) timed.push({ when, rest: sentence.slice(when.length) });
      else if (last) last.rest += sentence;
      else shown += sentence;
    }
    return {
      shown,
      timed: timed.map(({ when, rest }) => ({ when, what: rest.trimEnd(), gap: rest.slice(rest.trimEnd().length) })),
    };
  };
}

export function joinParts({ shown, timed }: CaptionParts): string {
  return shown + timed.map(({ when, what, gap }) => when + what + gap).join('');
}
