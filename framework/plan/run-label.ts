/** Swept keys and values of one job, from its sweep overrides (`tracker=none`, `+train.steps=5`); the seed is told apart from the rest. */
export function sweptValues(overrides: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    overrides.map((override) => {
      const at = override.indexOf('=');
      return at < 0 ? [override, ''] : [override.slice(0, at).replace(/^\+{1,2}/, ''), override.slice(at + 1)];
    }),
  );
}

/** What tells a run from the others in a table: the value alone where one key is swept, else `key=value` pairs; seeds apart. */
export function runLabel(swept: Readonly<Record<string, string>>, fallback: string): string {
  const entries = Object.entries(swept).filter(([key]) => key !== 'seed');
  if (entries.length === 0) return fallback;
  return entries.length === 1 ? entries[0]![1] : entries.map(([key, value]) => `${key}=${value}`).join(', ');
}
