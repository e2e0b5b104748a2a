import type { Command } from './command.js';

/** Loaded one by one: nothing of a command is read before it is asked for. */
const commands: Record<string, () => Promise<{ command: Command }>> = {
  run: () => import('./run.js'),
  compose: () => import('./compose.js'),
  validate: () => import('./validate.js'),
  plugins: () => import('./plugins.js'),
  setup: () => import('./setup.js'),
  doctor: () => import('./doctor.js'),
  mlflow: () => import('./mlflow.js'),
  sync: () => import('./sync.js'),
  verify: () => import('./verify.js'),
  judge: () => import('./judge.js'),
  export: () => import('./export.js'),
  track: () => import('./track.js'),
  score: () => import('./score.js'),
  'eval-tracks': () => import('./eval-tracks.js'),
  'audit-metrics': () => import('./audit-metrics.js'),
  compare: () => import('./compare.js'),
};

async function main(argv: string[]): Promise<number> {
  const [name, ...args] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const { overview } = await import('./overview.js');
    console.log(await overview(commands));
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    const { packageVersion } = await import('../paths.js');
    console.log(packageVersion());
    return 0;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!load) {
    const { Fault, nearest } = await import('../faults/index.js');
    const known = Object.keys(commands);
    throw new Fault('USAGE', `no command is called "${name}"`, { nearest: nearest(name, known), known, hint: 'mienlab --help lists them' });
  }
  const { command } = await load();
  if (args.includes('--help') || args.includes('-h')) {
    console.log(command.help);
    return 0;
  }
  return command.run(args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const { formatError } = await import('../faults/index.js');
  process.stderr.write(`${formatError(error)}\n`);
  process.exitCode = (error as { exitCode?: number }).exitCode ?? 1;
}
