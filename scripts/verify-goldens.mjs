// Every folder of reference values through `mienlab verify checkpoint`, each in a process of its own.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = join(dirname(fileURLToPath(import.meta.url)), '..', 'bin', 'mienlab.js');

/** A process of Node with its output; it ends after `minutes` at most. */
export function runNodeQuietly(args, { cwd, env, minutes = 20 }) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: minutes * 60_000 });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (output[name] += text));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: code ?? signal, ...output }));
  });
}

/** The last of what a process said, without Dawn's remarks on limits. */
export const lastLines = (text) =>
  text
    .trim()
    .split('\n')
    .filter((line) => !/artificially reduced/.test(line))
    .slice(-12)
    .join('\n     ');

/** Of a tolerance. */
const share = ({ difference, tolerance }) => (tolerance === 0 ? (difference === 0 ? 0 : Infinity) : difference / tolerance);

/** Folders in `goldens` with reference values. */
export const goldenFolders = (goldens) =>
  existsSync(goldens) ? readdirSync(goldens).filter((name) => existsSync(join(goldens, name, 'golden.safetensors'))) : [];

/** `passed` is null where no plugin reads the folder; `text` says how far off the worst comparison is, or what went wrong. */
export async function verifyGolden(folder, backend, env) {
  const { code, stdout, stderr } = await runNodeQuietly([program, 'verify', 'checkpoint', folder, '--backend', backend, '--json'], { env });
  if (code === 2 && /no plugin can be the model|has neither config\.json/.test(stderr))
    return { passed: null, text: 'mienlab verify checkpoint does not take it' };
  if (code !== 0 && code !== 1) return { passed: false, text: `exit code ${code}\n     ${lastLines(stderr)}` };
  const { passed, comparisons } = JSON.parse(stdout);
  const worst = comparisons.reduce((most, one) => (share(one) > share(most) ? one : most));
  const text = `${comparisons.length} comparisons, worst ${worst.what}: ${worst.difference.toExponential(1)} of ${worst.tolerance.toExponential(1)}`;
  return { passed, text };
}
