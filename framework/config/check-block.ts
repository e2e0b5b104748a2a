import { Ajv, type ErrorObject } from 'ajv';
import type { ConfigSchema, PluginConfig } from '../contracts/index.js';
import { Fault, nearest } from '../faults/index.js';
import type { Origin } from './load-settings.js';

const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: false });

function toFault(error: ErrorObject, schema: ConfigSchema, path: string[], origin: Origin): Fault {
  const inner = error.instancePath.split('/').slice(1);
  const here = [...path, ...inner];
  if (error.keyword === 'additionalProperties') {
    const name = (error.params as { additionalProperty: string }).additionalProperty;
    const known = Object.keys(inner.length ? {} : schema.properties);
    const key = [...here, name].join('.');
    return new Fault('CONFIG_UNKNOWN_KEY', `"${key}" is no option of this plugin`, {
      where: origin([...here, name]),
      key,
      nearest: nearest(name, known),
      known,
    });
  }
  if (error.keyword === 'required') {
    const key = [...here, (error.params as { missingProperty: string }).missingProperty].join('.');
    return new Fault('CONFIG_MISSING', `"${key}" is required`, { where: origin(here), key, hint: `give it one: ${key}=…` });
  }
  const key = here.join('.');
  const allowed = error.keyword === 'enum' ? (error.params as { allowedValues: unknown[] }).allowedValues.map(String) : undefined;
  const code = error.keyword === 'type' ? 'CONFIG_TYPE' : 'CONFIG_VALUE';
  return new Fault(code, `"${key}" ${error.message ?? 'is not valid'}`, { where: origin(here), key, known: allowed });
}

/** A plugin's block (without `name`) against its JSON Schema: the config with defaults filled in, and every fault found. */
export function checkBlock(
  block: Readonly<Record<string, unknown>>,
  schema: ConfigSchema,
  path: string[],
  origin: Origin,
): { config: PluginConfig; faults: Fault[] } {
  const config = structuredClone(block) as Record<string, unknown>;
  const validate = ajv.compile(schema);
  const faults = validate(config) ? [] : (validate.errors ?? []).map((error) => toFault(error, schema, path, origin));
  return { config, faults };
}
