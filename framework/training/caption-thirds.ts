/** Lower-case words that open, or stand early in, the sentence on each third of a clip. */
const markers: readonly RegExp[] = [
  /\b(beginning|start|starts|started|first|initially|at the outset|opening|opens)\b/,
  /\b(middle|midway|halfway|then|next|afterwards|subsequently)\b/,
  /\b(end|ends|ending|finally|lastly|eventually|last)\b/,
];

/** How many leading words of a sentence are searched for a marker. */
const lead = 6;

/**
 * What a caption says of the beginning, the middle and the end of its clip, lower case: sentences are told by a marker near their start;
 * one without a marker belongs to the third of the sentence before it, and those before the first marker to none. Without markers of all three thirds,
 * a caption of three or four sentences (the first of four says who is shown) is taken in order. Null for any other caption.
 */
export function captionThirds(caption: string): [string, string, string] | null {
  const sentences = caption
    .toLowerCase()
    .split(/(?<=[.!?])\s+|\n+/)
    .map((sentence) => sentence.trim())
    .filter(Boolean);
  const thirds: [string, string, string] = ['', '', ''];
  let current = -1;
  for (const sentence of sentences) {
    const start = sentence.split(/\s+/).slice(0, lead).join(' ');
    const marked = markers.findIndex((marker) => marker.test(start));
    if (marked >= 0) current = marked;
    if (current >= 0) thirds[current] = `${thirds[current]} ${sentence}`.trim();
  }
  if (thirds.every(Boolean)) return thirds;
  if (sentences.length === 3 || sentences.length === 4) return sentences.slice(-3) as [string, string, string];
  return null;
}
