/** What tells a run from the others in a table: the value alone where one key is swept, else `key=value` pairs; seeds apart. */
export function runLabel(swept: Readonly<Record<string, string>>, fallback: string): string {
  const entries = Object.entries(swept).filter(([key]) => key !== 'seed');
  if (entries.length === 0) return fallback;
  return entries.length === 1 ? entries[0]![1] : entries.map(([key, value]) => `${key}=${value}`).join(', ');
}
