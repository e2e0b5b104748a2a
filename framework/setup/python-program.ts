import { findProgram, runProgram } from './run-program.js';

/** The oldest Python that MLflow 3 runs on. */
const oldestMinor = 10;

export interface Python {
  path: string;
  version: string;
  /** Python 3.10 or newer. */
  usable: boolean;
  hasPip: boolean;
  /** Whether it can make virtual environments (Debian keeps that in a package of its own). */
  hasVenv: boolean;
}

const probe = `
import json, sys, importlib.util as u
print(json.dumps([sys.version.split()[0], u.find_spec("pip") is not None, u.find_spec("venv") is not None and u.find_spec("ensurepip") is not None]))
`;

/** MIENLAB_PYTHON, else the first python3 on PATH that can make environments, else the first that is new enough, else the first there is. */
export async function findPython(): Promise<Python | undefined> {
  const named = process.env['MIENLAB_PYTHON'];
  const names = named ? [named] : ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];
  const found: Python[] = [];
  for (const path of new Set(names.map(findProgram))) {
    const python = path === undefined ? undefined : await probePython(path);
    if (python?.usable && python.hasVenv) return python;
    if (python) found.push(python);
  }
  return found.find((python) => python.usable) ?? found[0];
}

async function probePython(path: string): Promise<Python | undefined> {
  try {
    const { code, stdout } = await runProgram(path, ['-c', probe], { timeoutMs: 20_000 });
    if (code !== 0) return undefined;
    const [version, hasPip, hasVenv] = JSON.parse(stdout) as [string, boolean, boolean];
    const [major = 0, minor = 0] = version.split('.').map(Number);
    return { path, version, usable: major === 3 && minor >= oldestMinor, hasPip, hasVenv };
  } catch {
    return undefined;
  }
}
