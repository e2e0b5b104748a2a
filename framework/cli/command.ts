/** One command of the command line. A command parses its own arguments and has no logic of its own. */
export interface Command {
  /** One line for `mienlab --help`. */
  summary: string;
  /** The whole text of `mienlab NAME --help`. */
  help: string;
  /** Runs it; resolves to the exit code. Faults are thrown, main prints them. `args` are those after the command's name. */
  run(args: string[]): Promise<number>;
}
