import type { ConfigSchema, PluginConfig } from '../contracts/index.js';

/** The config of a plugin as its schema's defaults say; required properties stay out. */
export function defaultConfig(schema: ConfigSchema): PluginConfig {
  return Object.fromEntries(
    Object.entries(schema.properties)
      .filter(([, property]) => 'default' in property)
      .map(([name, property]) => [name, structuredClone(property['default'])]),
  );
}
