// Runs the checks and every uvu test file in a process of its own, a few at a time, and closes with `N passed, N failed, N skipped`.
// usage: node scripts/run-tests.mjs [--no-checks] [PART OF A PATH ...]
// A file that registers no test, or forgets test.run(), passes silently in uvu; here it fails. So does a run of no test at all.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const limitMs = 300_000;
const args = process.argv.slice(2);
const wanted = args.filter((arg) => !arg.startsWith('--'));

const checks = [
  ['types', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', '--noEmit']],
  ['lint', ['node_modules/eslint/bin/eslint.js', '.']],
  ['formatting', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.']],
  ['unused code', ['node_modules/knip/bin/knip.js', '--no-progress']],
  ['plugin registry', ['tools/generate-registry.mjs', '--check']],
];

function testFiles() {
  return readdirSync(join(root, 'dist'), { recursive: true })
    .filter((path) => path.endsWith('.test.js') && existsSync(join(root, path.replace(/\.js$/, '.ts'))))
    .sort()
    .map((path) => ({ name: path.replace(/\.js$/, '.ts'), args: ['--enable-source-maps', join('dist', path)], uvu: true }));
}

// Whatever a test leaves in the temporary folder goes with the run.
const temporary = mkdtempSync(join(tmpdir(), 'mienlab-test-'));
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }));

const running = new Set();
function end(signal) {
  for (const child of running) {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It has ended by itself.
    }
  }
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    end('SIGTERM');
    process.exit(130);
  });
}

function run(job) {
  return new Promise((resolve) => {
    const started = performance.now();
    // A group of its own, so that what a hung test started ends with it.
    const child = spawn(process.execPath, job.args, {
      cwd: root,
      detached: true,
      env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1', TMPDIR: temporary },
    });
    running.add(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
    child.stdin.end();
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      process.kill(-child.pid, 'SIGKILL');
    }, limitMs);
    child.on('close', (code) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ ...job, code, output, timedOut, seconds: (performance.now() - started) / 1000 });
    });
  });
}

/** Counts of a finished job: from uvu's closing lines, or one for a check. */
function count(result) {
  const failed = result.code !== 0 || result.timedOut;
  if (!result.uvu) return { passed: failed ? 0 : 1, failed: failed ? 1 : 0, skipped: 0, why: failed ? `exit code ${result.code}` : '' };
  const number = (label) => Number([...result.output.matchAll(new RegExp(`^ {2}${label}:\\s+(\\d+)`, 'gm'))].at(-1)?.[1] ?? NaN);
  const [total, passed, skipped] = [number('Total'), number('Passed'), number('Skipped')];
  if (result.timedOut) return { passed: 0, failed: 1, skipped: 0, why: `still running after ${limitMs / 1000} s` };
  if (Number.isNaN(total)) {
    return { passed: 0, failed: 1, skipped: 0, why: failed ? `exit code ${result.code}` : 'ran no test: is test.run() missing?' };
  }
  if (total + skipped === 0) return { passed: 0, failed: 1, skipped: 0, why: 'ran no test: is test.run() missing?' };
  // uvu's total leaves out what was skipped.
  const broken = total - passed;
  // uvu loses a test that throws something whose `details` is no text, as a Fault's is.
  const why = failed ? `exit code ${result.code}` : broken ? `${broken} tests ended without a result: was a Fault thrown?` : '';
  return { passed, failed: failed ? Math.max(1, broken) : broken, skipped, why };
}

const jobs = [
  ...(args.includes('--no-checks') || wanted.length ? [] : checks.map(([name, args]) => ({ name, args, uvu: false }))),
  ...testFiles().filter((job) => !wanted.length || wanted.some((part) => job.name.includes(part))),
];
const sum = { passed: 0, failed: 0, skipped: 0 };
const started = performance.now();
let finished = 0;
async function worker() {
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    const result = await run(job);
    const counts = count(result);
    for (const key of Object.keys(sum)) sum[key] += counts[key];
    finished++;
    const mark = counts.failed ? 'FAIL' : 'ok';
    const skipped = counts.skipped ? `, ${counts.skipped} skipped` : '';
    console.log(
      `${mark.padEnd(4)} ${relative('.', result.name)}  ${counts.passed} passed${skipped}  ${result.seconds.toFixed(1)} s  (${jobs.length} left)`,
    );
    if (counts.failed) console.log(`     ${counts.why}\n${result.output.replace(/^/gm, '     ')}`);
    else for (const line of result.output.match(/^skipped: .*/gm) ?? []) console.log(`     ${line}`);
  }
}
await Promise.all(Array.from({ length: Math.max(2, Math.min(4, availableParallelism())) }, worker));
if (finished === 0) {
  console.log('no test file was found');
  sum.failed++;
}
console.log(`\nin ${((performance.now() - started) / 1000).toFixed(0)} s`);
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exitCode = sum.failed ? 1 : 0;
