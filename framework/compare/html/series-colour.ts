/** How many colours there are before they repeat; those of the style sheet (after Okabe and Ito 2008, the first one grey for the baseline). */
const colours = 7;

/** The CSS colour of a setting by its place in the table. */
export function seriesColour(index: number): string {
  return `var(--s${index % colours})`;
}

/** Dash pattern that tells lines apart once colours repeat; empty for a full line. */
export function seriesDash(index: number): string {
  return ['', '6 3', '2 2'][Math.floor(index / colours) % 3]!;
}

/** Dash pattern of a blind baseline's reference line. */
export function blindDash(index: number): string {
  return ['5 3', '1.5 2.5', '8 2 2 2'][index % 3]!;
}
