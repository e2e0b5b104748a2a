/**
 * The JSON object in what a language model said, mended where it is clear what was meant: code fences, text around the braces, Python's
 * True, False and None, missing commas between objects, trailing commas, single quotes throughout. Undefined where none is found.
 */
export function readJsonAnswer(text: string): Record<string, unknown> | undefined {
  const from = text.indexOf('{');
  const to = text.lastIndexOf('}');
  if (from < 0 || to < from) return undefined;
  const body = text.slice(from, to + 1);
  for (const candidate of [body, mended(body), body.includes('"') ? undefined : mended(body.replaceAll("'", '"'))]) {
    if (candidate === undefined) continue;
    try {
      const value: unknown = JSON.parse(candidate);
      if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
    } catch {
      // The next candidate.
    }
  }
  return undefined;
}

/** Strings stay as they are. */
function mended(text: string): string {
  return text
    .split(/("(?:[^"\\]|\\.)*")/s)
    .map((piece, index) =>
      index % 2
        ? piece
        : piece
            .replace(/\bTrue\b/g, 'true')
            .replace(/\bFalse\b/g, 'false')
            .replace(/\bNone\b/g, 'null')
            .replace(/\}(\s*)\{/g, '},$1{')
            .replace(/,(\s*[}\]])/g, '$1'),
    )
    .join('');
}
