import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../faults/index.js';
import { assertDiskSpace } from './assert-disk-space.js';
import { keepFolder, readMarker } from './kept-folder.js';
import { mlflowExecutable, mlflowFolder, mlflowVersion } from './mlflow-executable.js';
import { findPython, type Python } from './python-program.js';
import { formatBytes, formatSeconds } from './progress-line.js';
import { runProgram } from './run-program.js';
import type { PartOutcome, SetupContext, SetupPart } from './setup-part.js';

const neededBytes = 1.5e9;
const cost = 'runs are kept in their journals; "mienlab sync" brings them to an MLflow server later, or set MLFLOW_TRACKING_URI';

function skipped(detail: string, hint: string): PartOutcome {
  return { state: 'skipped', detail, cost, hint };
}

function present(): PartOutcome | undefined {
  const named = process.env['MIENLAB_MLFLOW'];
  if (named) {
    if (existsSync(named)) return { state: 'ready', detail: `MIENLAB_MLFLOW names ${named}`, path: named };
    throw new Fault('SETUP_FAILED', `MIENLAB_MLFLOW names ${named}, which is not there`, {
      hint: 'let it name an mlflow program, or unset it',
    });
  }
  const program = mlflowExecutable();
  if (!program) return undefined;
  const marker = readMarker(mlflowFolder());
  return {
    state: 'ready',
    detail: `mlflow ${marker?.versions['mlflow']} on Python ${marker?.versions['python']}`,
    path: program,
    bytes: marker?.bytes,
  };
}

/** What pip says last, without its advice on itself. */
function lastWords(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() && !line.startsWith('[notice]'));
  return (lines.filter((line) => /^ERROR/.test(line)).at(-1) ?? lines.at(-1) ?? 'it says nothing').trim();
}

async function install(python: Python, folder: string, { signal, progress }: SetupContext): Promise<Record<string, string>> {
  await assertDiskSpace(folder, neededBytes);
  progress.update('mlflow: making a Python environment');
  const made = await runProgram(python.path, ['-m', 'venv', folder], { signal });
  if (made.code !== 0) {
    throw new Fault('SETUP_FAILED', `${python.path} cannot make an environment: ${lastWords(made.stderr || made.stdout)}`, {
      hint: 'Debian, Ubuntu: apt install python3-venv',
    });
  }
  const own = join(folder, 'bin', 'python');
  const started = performance.now();
  let packages = 0;
  const installed = await runProgram(
    own,
    [
      '-m',
      'pip',
      'install',
      '--no-input',
      '--disable-pip-version-check',
      '--progress-bar',
      'off',
      '--prefer-binary',
      `mlflow==${mlflowVersion}`,
    ],
    {
      signal,
      onLine: (line) => {
        if (/^Collecting /.test(line)) packages++;
        if (/^(Collecting|Downloading|Building|Installing)/.test(line)) {
          const passed = formatSeconds(performance.now() - started);
          progress.update(
            `mlflow: ${line.startsWith('Installing') ? `installing ${packages} packages` : line} (${packages} packages, ${passed})`,
          );
        }
      },
    },
  );
  if (installed.code !== 0) {
    throw new Fault('SETUP_FAILED', `pip cannot install mlflow ${mlflowVersion}: ${lastWords(installed.stderr)}`, {
      hint: 'see to the network and to pip\'s configuration, then run "mienlab setup" again',
    });
  }
  const tried = await runProgram(join(folder, 'bin', 'mlflow'), ['--version'], { signal });
  if (tried.code !== 0) throw new Fault('SETUP_FAILED', `mlflow was installed but does not start: ${lastWords(tried.stderr)}`);
  return { mlflow: mlflowVersion, python: python.version };
}

export const mlflowPart: SetupPart = {
  name: 'mlflow',
  summary: `MLflow ${mlflowVersion} in a Python environment of its own`,
  size: `downloads about 250 MB, keeps about ${formatBytes(830e6)}`,
  present,
  async make(context) {
    if (context.offline)
      return skipped('MLflow is not in the cache, and --offline forbids to fetch it', 'run "mienlab setup" with a network');
    const python = await findPython();
    if (!python)
      return skipped(
        'there is no Python',
        'install Python 3.10 or newer (Debian, Ubuntu: apt install python3-venv), then run "mienlab setup"',
      );
    if (!python.usable) return skipped(`Python ${python.version} is older than 3.10`, 'install a newer one and let MIENLAB_PYTHON name it');
    if (!python.hasVenv) return skipped(`Python ${python.version} cannot make environments`, 'Debian, Ubuntu: apt install python3-venv');
    await keepFolder(mlflowFolder(), (folder) => install(python, folder, context), {
      signal: context.signal,
      inPlace: true,
      sound: () => mlflowExecutable() !== undefined,
      onWait: (owner) => context.progress.update(`mlflow: waiting for ${owner}, which is setting it up`),
    });
    return { ...present()!, state: 'made' };
  },
};
