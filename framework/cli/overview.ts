import type { Command } from './command.js';

/** The text of `mienlab --help`. */
export async function overview(commands: Record<string, () => Promise<{ command: Command }>>): Promise<string> {
  const rows = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => `  ${name.padEnd(15)}${(await load()).command.summary}`),
  );
  return [
    'mienlab COMMAND [arguments]    experiments on facial-expression video captioning',
    '',
    ...rows,
    '',
    'mienlab COMMAND --help tells more. Exit codes: 0 done, 1 the run failed, 2 config, 3 a plugin or something it needs,',
    '4 run log, 130 interrupted.',
  ].join('\n');
}
