import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Encoder, NestedEncoder, PluginConfig, PluginContext, PluginInputs, PluginManifest } from '../contracts/index.js';
import { Fault } from '../faults/index.js';

type EncoderManifest = PluginManifest<'encoder'>;

/** Encoders by the option of another that names them, each with its checked config. */
export type NestedChoice = Readonly<Record<string, { manifest: EncoderManifest; config: PluginConfig }>>;

/** What an encoder within another objects to lies within the other's block. */
function placed(error: unknown, option: string): unknown {
  if (!(error instanceof Fault) || error.details.where) return error;
  const { key = 'encoder' } = error.details;
  const own = key === 'encoder' || key.startsWith('encoder.') ? `encoder.${option}${key.slice('encoder'.length)}` : key;
  return new Fault(error.code, error.message, { ...error.details, key: own });
}

function within<Answer>(option: string, ask: () => Answer): Answer {
  try {
    return ask();
  } catch (error) {
    throw placed(error, option);
  }
}

/** The context of an encoder within another: its own randomness, and the folder that it has alone. */
function nestedContext(context: PluginContext, option: string, name: string): PluginContext {
  const say = (message: string) => `${option} ${name}: ${message}`;
  return {
    ...context,
    log: { info: (message) => context.log.info(say(message)), warn: (message) => context.log.warn(say(message)) },
    random: context.random.fork(option),
    folder() {
      const folder = join(dirname(context.folder()), name);
      mkdirSync(folder, { recursive: true });
      return folder;
    },
  };
}

/**
 * An encoder's manifest with the encoders that its config names bound into it, so that everybody else handles it as any other. Its version
 * tells theirs, since it is part of cache keys.
 */
export function withNested(manifest: EncoderManifest, choice: NestedChoice): EncoderManifest {
  const options = Object.entries(choice);
  const nested = Object.fromEntries(
    options.map(([option, { manifest: inner, config }]): [string, NestedEncoder] => [
      option,
      {
        name: inner.name,
        input: () => within(option, () => inner.input!(config)),
        produces: (consumed) => within(option, () => inner.produces(config, consumed)),
        frozen: () => within(option, () => inner.frozen?.(config) ?? false),
      },
    ]),
  );
  const versions = options.map(([option, { manifest: inner }]) => `${option}.${inner.name}.${inner.version.replaceAll('+', '.')}`);
  return Object.freeze({
    ...manifest,
    version: [manifest.version, versions.join('.')].filter(Boolean).join('+'),
    deterministic: manifest.deterministic && options.every(([, { manifest: inner }]) => inner.deterministic),
    input: (config) => manifest.input!(config, nested),
    produces: (config, consumed) => manifest.produces(config, consumed, nested),
    frozen: (config) => manifest.frozen?.(config, nested) ?? false,
    create: (context, config, inputs) => manifest.create(context, config, { ...inputs, nested: makers(context, choice, nested) }),
  } satisfies EncoderManifest);
}

function makers(
  context: PluginContext,
  choice: NestedChoice,
  nested: Readonly<Record<string, NestedEncoder>>,
): NonNullable<PluginInputs['encoder']['nested']> {
  return Object.fromEntries(
    Object.entries(choice).map(([option, { manifest, config }]) => {
      const create = async (inputs: PluginInputs['encoder']): Promise<Encoder> => {
        try {
          return await manifest.create(nestedContext(context, option, manifest.name), config, inputs);
        } catch (error) {
          throw placed(error, option);
        }
      };
      return [option, { ...nested[option]!, create }];
    }),
  );
}
