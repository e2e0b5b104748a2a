import { Ajv, type ErrorObject } from 'ajv';
import type { ConfigSchema, PluginConfig } from '../contracts/index.js';
import { nearest, type Fault } from '../faults/index.js';
import type { Placed } from './load-settings.js';

const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: false });

function toFault(error: ErrorObject, schema: ConfigSchema, path: string[], placed: Pick<Placed, 'fault'>): Fault {
  const inner = error.instancePath.split('/').slice(1);
  const here = [...path, ...inner];
  if (error.keyword === 'additionalProperties') {
    const name = (error.params as { additionalProperty: string }).additionalProperty;
    const known = Object.keys(inner.length ? {} : schema.properties);
    const key = [...here, name].join('.');
    const message = `"${key}" is no option of this plugin`;
    return placed.fault([...here, name], 'CONFIG_UNKNOWN_KEY', message, { nearest: nearest(name, known), known }, 'key');
  }
  if (error.keyword === 'required') {
    const key = [...here, (error.params as { missingProperty: string }).missingProperty].join('.');
    return placed.fault(here, 'CONFIG_MISSING', `"${key}" is required`, { key, hint: `give it one: ${key}=VALUE` });
  }
  const allowed = error.keyword === 'enum' ? (error.params as { allowedValues: unknown[] }).allowedValues.map(String) : undefined;
  const code = error.keyword === 'type' ? 'CONFIG_TYPE' : 'CONFIG_VALUE';
  return placed.fault(here, code, `"${here.join('.')}" ${error.message ?? 'is not valid'}`, { known: allowed });
}

/** A plugin's block (without `name`) against its JSON Schema: the config with defaults filled in, and every fault found. */
export function checkBlock(
  block: Readonly<Record<string, unknown>>,
  schema: ConfigSchema,
  path: string[],
  placed: Pick<Placed, 'fault'>,
): { config: PluginConfig; faults: Fault[] } {
  const config = structuredClone(block) as Record<string, unknown>;
  const validate = ajv.compile(schema);
  const faults = validate(config) ? [] : (validate.errors ?? []).map((error) => toFault(error, schema, path, placed));
  return { config, faults };
}
