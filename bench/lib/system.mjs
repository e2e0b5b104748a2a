// A system under measurement: any process that answers one JSON line to each JSON line (docs/bench.md has the protocol).
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const workers = join(dirname(fileURLToPath(import.meta.url)), '../workers');
const running = new Set();

/** What starts a system, by its name: `mienlab` and `eager` are this project, the others PyTorch. */
function commandOf(system, python) {
  if (system === 'mienlab' || system === 'eager') return [process.execPath, [join(workers, 'mienlab-worker.mjs')]];
  return [python, [join(workers, 'torch_worker.py')]];
}
export const systemNames = ['mienlab', 'eager', 'transformers', 'bare', 'compiled'];

export class System {
  #child;
  #waiting = [];
  #log = '';
  #ended;
  #peaks = new Map();

  constructor(name, python) {
    this.name = name;
    this.started = performance.now();
    const [program, args] = commandOf(name, python);
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' } });
    running.add(this);
    this.#child.stderr.on('data', (data) => (this.#log = (this.#log + data).slice(-3000)));
    this.#child.stdin.on('error', () => {});
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#waiting.shift()?.resolve(JSON.parse(line)));
    this.#ended = new Promise((resolve) => this.#child.on('close', resolve).on('error', resolve));
    void this.#ended.then((how) => {
      running.delete(this);
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`${name} ended (${how}) while it was asked:\n${this.#log}`));
    });
  }

  /** The answer to one request, and the milliseconds until it came. */
  async ask(request) {
    const before = performance.now();
    const answer = await new Promise((resolve, reject) => {
      if (!running.has(this)) return reject(new Error(`${this.name} has ended:\n${this.#log}`));
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    });
    if (answer.error) throw new Error(`${this.name}: ${answer.error}`);
    return { ...answer, wall: performance.now() - before };
  }

  /** Bytes that the process and what it has started hold now, and the sum of the most that each of them held; undefined without /proc. */
  memory() {
    let resident = 0;
    for (const pid of processTree(this.#child.pid)) {
      const status = readOrEmpty(`/proc/${pid}/status`);
      const bytes = (key) => 1024 * Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
      resident += bytes('VmRSS');
      if (bytes('VmHWM')) this.#peaks.set(pid, bytes('VmHWM'));
    }
    const peak = [...this.#peaks.values()].reduce((sum, value) => sum + value, 0);
    return peak ? { resident, peak } : undefined;
  }

  /** Lets the process end by itself, or kills it where it does not. */
  async close() {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.kill(), 3000);
    await this.#ended;
    clearTimeout(timer);
  }

  kill() {
    this.#child.kill('SIGKILL');
  }
}

/** Ctrl-C and the like end every worker by its process id, then the bench. */
export function endWorkersOnSignals() {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ]) {
    process.on(signal, () => {
      for (const system of running) system.kill();
      process.exit(code);
    });
  }
}

/** Ends the workers that a failed measurement has left. */
export function endWorkers() {
  for (const system of running) system.kill();
}

const readOrEmpty = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

function processTree(root) {
  const children = (pid) => {
    try {
      return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
        readOrEmpty(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean),
      );
    } catch {
      return [];
    }
  };
  const found = [String(root)];
  for (let i = 0; i < found.length; i++) found.push(...children(found[i]));
  return found;
}
