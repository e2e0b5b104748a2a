import { Fault, nearest } from '../faults/index.js';

interface Form {
  /** Names of `--name`. */
  flags?: readonly string[];
  /** Names of `--name VALUE` and `--name=VALUE`. */
  options?: readonly string[];
}

interface Parsed {
  /** What does not begin with `--`, in order: overrides such as `~a.b` and `+x=1` among them. */
  positionals: string[];
  flags: Set<string>;
  options: Map<string, string>;
}

/** A command's arguments. Throws Fault USAGE for an unknown `--name` or one without its value. */
export function parseArguments(args: readonly string[], { flags = [], options = [] }: Form): Parsed {
  const parsed: Parsed = { positionals: [], flags: new Set(), options: new Map() };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (!arg.startsWith('--')) {
      parsed.positionals.push(arg);
      continue;
    }
    const [name = '', ...rest] = arg.slice(2).split('=');
    const value = rest.length ? rest.join('=') : undefined;
    if (flags.includes(name) && value === undefined) parsed.flags.add(name);
    else if (options.includes(name)) {
      const given = value ?? args[++i];
      if (given === undefined) throw new Fault('USAGE', `--${name} needs a value`);
      parsed.options.set(name, given);
    } else {
      const known = [...flags, ...options].map((option) => `--${option}`);
      throw new Fault('USAGE', `no option is called "${arg}"`, { nearest: nearest(`--${name}`, known), known });
    }
  }
  return parsed;
}
