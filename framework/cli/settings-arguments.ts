import type { OverrideInput } from '../config/compose-config.js';

/** Arguments of `run` and `validate` that settings have a name for (see the settings schema), as convict wants them. */
export const settingsOptions = ['backend', 'require', 'tracking-uri', 'cache'] as const;

export function settingsArguments(options: ReadonlyMap<string, string>): string[] {
  return settingsOptions.flatMap((name) => {
    const value = options.get(name);
    return value === undefined ? [] : [`--${name}`, value];
  });
}

/** Overrides behind the experiment's name, numbered as the user typed them: the experiment is argument 1. */
export function overrideArguments(overrides: readonly string[]): OverrideInput[] {
  return overrides.map((text, index) => ({ source: `command line, argument ${index + 2}`, text, single: true }));
}
