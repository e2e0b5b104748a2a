import type { PluginContext, Random } from '../contracts/index.js';

const drawing = new WeakSet<object>();

/** Whether a plugin's instance, made through `watchDraws`, drew random numbers while it was made: else the seed has no part in it. */
export function drewNumbers(instance: object): boolean {
  return drawing.has(instance);
}

/** Makes an instance and notes whether it drew. */
export async function watchDraws<Instance extends object>(
  context: PluginContext,
  create: (context: PluginContext) => Instance | Promise<Instance>,
): Promise<Instance> {
  let drew = false;
  const watched = (random: Random): Random => {
    const noted = <Arguments extends unknown[], Result>(draw: (...given: Arguments) => Result) => {
      return (...given: Arguments) => {
        drew = true;
        return draw(...given);
      };
    };
    return {
      next: noted(() => random.next()),
      normal: noted(() => random.normal()),
      integer: noted((n: number) => random.integer(n)),
      fork: (name) => watched(random.fork(name)),
    };
  };
  const instance = await create({ ...context, random: watched(context.random) });
  if (drew) drawing.add(instance);
  return instance;
}
