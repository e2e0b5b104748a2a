import { Fault } from '../faults/index.js';

/**
 * A signal that SIGINT and SIGTERM abort with Fault INTERRUPTED, so that stages end cleanly; a second one ends the process at once.
 * `dispose` gives the signals back.
 */
export function interruption(): { signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  const interrupt = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(130);
    process.stderr.write(`\n${name}: ending cleanly, once more ends at once\n`);
    controller.abort(
      new Fault('INTERRUPTED', `interrupted by ${name}`, { hint: 'what was finished is kept: the same command goes on from there' }),
    );
  };
  const names = ['SIGINT', 'SIGTERM'] as const;
  for (const name of names) process.on(name, interrupt);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const name of names) process.off(name, interrupt);
    },
  };
}
