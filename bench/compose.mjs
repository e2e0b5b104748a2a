// Whole processes: `mienlab compose` against Hydra's compose API on the same tree, in turn.
// usage: node bench/compose.mjs --python PYTHON --config-dir DIR --name NAME [--rounds 15]; PYTHON's environment has hydra-core 1.3
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    'config-dir': { type: 'string' },
    name: { type: 'string', default: 'config' },
    rounds: { type: 'string', default: '15' },
  },
});
const { python, name } = values;
if (!python || !values['config-dir']) {
  console.error('usage: node bench/compose.mjs --python PYTHON --config-dir DIR [--name NAME] [--rounds N]');
  process.exit(2);
}
const folder = resolve(values['config-dir']);
const program = join(dirname(fileURLToPath(import.meta.url)), '../bin/mienlab.js');
const script = `
import json, sys
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
with initialize_config_dir(config_dir=sys.argv[1], version_base="1.3"):
    print(json.dumps(OmegaConf.to_container(compose(sys.argv[2]), resolve=True)))
`;
const systems = {
  mienlab: [process.execPath, [program, 'compose', '--config-dir', folder, name, '--json']],
  hydra: [python, ['-c', script, folder, name]],
};

const seconds = { mienlab: [], hydra: [] };
const printed = {};
for (let round = -1; round < Number(values.rounds); round++) {
  for (const [system, [command, args]] of Object.entries(systems)) {
    const started = performance.now();
    const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${system}: ${stderr}`);
    // The first round warms the disk's cache.
    if (round >= 0) seconds[system].push((performance.now() - started) / 1000);
    printed[system] = JSON.stringify(sorted(JSON.parse(stdout)));
  }
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

const at = (list, share) => [...list].sort((a, b) => a - b)[Math.floor(share * (list.length - 1))];
console.log(`${cpus()[0].model}, Node ${process.versions.node}; the same config: ${printed.mienlab === printed.hydra}`);
for (const [system, list] of Object.entries(seconds)) {
  console.log(`${system.padEnd(8)} median ${at(list, 0.5).toFixed(3)} s  (${at(list, 0).toFixed(3)} to ${at(list, 1).toFixed(3)})`);
}
const ratios = seconds.mienlab.map((own, index) => own / seconds.hydra[index]);
console.log(`ratio    median ${at(ratios, 0.5).toFixed(2)}  (${at(ratios, 0).toFixed(2)} to ${at(ratios, 1).toFixed(2)})`);
