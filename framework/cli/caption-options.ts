import { Fault } from '../faults/index.js';

/** The whole number of `--name`. Throws Fault USAGE for anything else. */
export function wholeNumber(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0 || text.trim() === '') throw new Fault('USAGE', `--${name} ${text} is no whole number`);
  return value;
}

/** `cider.df=fec-bench` and the like, by plugin. Throws Fault USAGE for one that is not among `chosen`. */
export async function pluginOptions(settings: readonly string[], chosen: readonly string[]): Promise<Map<string, Record<string, unknown>>> {
  const found = new Map<string, Record<string, unknown>>(chosen.map((name) => [name, {}]));
  if (settings.length === 0) return found;
  const { parse } = await import('yaml');
  for (const setting of settings) {
    const [, plugin, key, text] = /^([^.=]+)\.([^=]+)=(.*)$/s.exec(setting) ?? [];
    const own = plugin === undefined ? undefined : found.get(plugin);
    if (!own) {
      throw new Fault('USAGE', `"${setting}" sets no option of what is chosen`, {
        expected: 'METRIC.OPTION=VALUE',
        known: [...found.keys()],
      });
    }
    own[key!] = parse(text!) as unknown;
  }
  return found;
}
