// What a bench prints and keeps: the machine, a table, a JSON file.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { packageVersion, stateFolder } from '../../dist/framework/paths.js';

/** Instructions that decide how fast matrices multiply. */
function matrixInstructions() {
  try {
    const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1].split(' ') ?? [];
    return ['avx2', 'avx512f', 'avx512_vnni', 'avx512_bf16', 'amx_bf16'].filter((flag) => flags.includes(flag));
  } catch {
    return [];
  }
}

export function machine() {
  return {
    processor: cpus()[0]?.model.trim(),
    cores: cpus().length,
    instructions: matrixInstructions(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    mienlab: packageVersion(),
    load: loadavg()[0],
  };
}

export function printMachine(facts, versions) {
  const { processor, cores, instructions, memoryGiB, node, load } = facts;
  console.log(`${processor}, ${cores} cores, ${instructions.join(' ')}, ${memoryGiB} GiB; Node ${node}`);
  for (const [system, parts] of Object.entries(versions))
    console.log(
      `${system}: ${Object.entries(parts)
        .map((part) => part.join(' '))
        .join(', ')}`,
    );
  if (load > 0.3 * cores)
    console.log(
      `! the load was ${load.toFixed(1)} when the bench began: other work shares the cores, take these figures as a test of the bench only`,
    );
}

/** Columns as wide as their widest cell; the first is left-aligned. */
export function table(header, rows) {
  const lines = [header, ...rows].map((row) => row.map(String));
  const widths = header.map((_, column) => Math.max(...lines.map((row) => row[column].length)));
  const pad = (cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[column]));
  return lines.map((row) => row.map(pad).join('  ')).join('\n');
}

export const spread = ({ ratio, paired }) => `${ratio.toFixed(2)} [${paired.min.toFixed(2)} ${paired.max.toFixed(2)}]`;

export const megabytes = (bytes) => (bytes / 1e6).toFixed(0);

/** Why rows have no figures: what went wrong, or the check that did not pass, in `why`'s words. */
export function printFailures(results, why) {
  for (const row of results.filter(({ failed, agree }) => failed || !agree)) {
    const { config, dtype, batch, subject, rival, failed } = row;
    console.log(`! ${config} ${dtype}${batch ? ` batch ${batch}` : ''}, ${subject} against ${rival}: ${failed ?? why(row)}`);
  }
}

/** One line on a terminal that the next one replaces; nothing where there is no terminal. */
export function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

/** Tells that a row is done, on the way to the table at the end. */
export function rowDone(label, started) {
  progress('');
  console.error(`${label}: done in ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

export function keep(name, results, file) {
  const path = file ?? join(stateFolder(), 'bench', `${name}-${new Date().toISOString().replace(/[:.]/g, '-')}.json`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
  console.log(`kept in ${path}`);
}
