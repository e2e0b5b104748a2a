import { JsonTrouble, walkJson, type JsonPath } from './walk-json.js';

/** Offset (UTF-16 units) of the first character that makes a text no JSON; undefined where it is JSON. */
export function jsonError(text: string): number | undefined {
  try {
    walkJson(text);
    return undefined;
  } catch (error) {
    return error instanceof JsonTrouble ? error.start : 0;
  }
}

/** Offset of the value at a path in a text that is JSON; of the deepest one there is where the path leads nowhere. */
export function jsonOffset(text: string, path: JsonPath): number {
  let found = 0;
  try {
    walkJson(text, {
      onValue: (way, start) => {
        if (way.every((step, i) => step === path[i])) found = start;
      },
    });
  } catch {
    // Nested too deeply to look into.
  }
  return found;
}
