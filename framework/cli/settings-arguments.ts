/** Arguments of `run` and `validate` that settings have a name for (see the settings schema), as convict wants them. */
export const settingsOptions = ['backend', 'require', 'tracking-uri', 'cache'] as const;

export function settingsArguments(options: ReadonlyMap<string, string>): string[] {
  return [...options].flatMap(([name, value]) => [`--${name}`, value]);
}
