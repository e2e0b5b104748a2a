// `mienlab compose` against Hydra composing the same tree: whole processes, taking turns in one run.
// usage: node bench/compose.mjs [--python PYTHON] [--config-dir DIR] [--name NAME] [--rounds N] [override ...]
// PYTHON needs `pip install hydra-core==1.3.8`; without --python only mienlab is timed. Without --config-dir the tree of
// tests/data/hydra-reference.json is used.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';

const { values: options, positionals: overrides } = parseArgs({
  options: {
    python: { type: 'string' },
    'config-dir': { type: 'string' },
    name: { type: 'string', default: 'config' },
    rounds: { type: 'string', default: '15' },
  },
  allowPositionals: true,
});
const rounds = Number(options.rounds);
const temporary = options['config-dir'] ? undefined : mkdtempSync(join(tmpdir(), 'mienlab-bench-'));
const folder = resolve(options['config-dir'] ?? temporary);
if (temporary) {
  const { files } = JSON.parse(readFileSync('tests/data/hydra-reference.json', 'utf8'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(temporary, name)), { recursive: true });
    writeFileSync(join(temporary, name), text);
  }
}

const hydra = `
import json, sys
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
with initialize_config_dir(sys.argv[1], version_base="1.3"):
    print(json.dumps(OmegaConf.to_container(compose(sys.argv[2], overrides=sys.argv[3:]), resolve=True)))
`;
const commands = {
  mienlab: [process.execPath, ['bin/mienlab.js', 'compose', '--config-dir', folder, options.name, ...overrides, '--json']],
  ...(options.python && { hydra: [options.python, ['-c', hydra, folder, options.name, ...overrides]] }),
  'node alone': [process.execPath, ['-e', '0']],
};
const seconds = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
const answers = {};
// The first round warms the file cache and is not counted.
for (let round = 0; round <= rounds; round++) {
  for (const [name, [program, args]] of Object.entries(commands)) {
    const started = performance.now();
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${name}: ${stderr}`);
    if (round > 0) seconds[name].push((performance.now() - started) / 1000);
    if (stdout) answers[name] = JSON.parse(stdout);
  }
}
if (temporary) rmSync(temporary, { recursive: true });
if (options.python && !isDeepStrictEqual(sorted(answers.mienlab), sorted(answers.hydra))) throw new Error('the two configs differ');
for (const [name, times] of Object.entries(seconds)) {
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.round(share * (times.length - 1))].toFixed(3);
  console.log(
    `${name.padEnd(11)} median ${at(0.5)} s   quartiles ${at(0.25)} to ${at(0.75)} s   least ${at(0)} s   (${times.length} rounds)`,
  );
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}
