import { existsSync } from 'node:fs';
import { requireHere } from './union-module.js';

interface StderrGate {
  hold(): void;
  release(): string;
}

/** libtensorflow writes these before it has read any setting of its own. */
const notices = /^WARNING: All log messages before absl::InitializeLog|oneDNN custom operations are on/;

/** Runs `load` without the notices that libtensorflow prints while it is loaded; whatever else it prints is printed after. */
export function withoutNotices(gatePath: string, load: () => void): void {
  if (!existsSync(gatePath) || process.env['TF_CPP_MIN_LOG_LEVEL'] === '0') return load();
  const gate = requireHere(gatePath) as StderrGate;
  gate.hold();
  try {
    load();
  } finally {
    const lines = gate.release().split('\n');
    const rest = lines.filter((line) => line.trim() && !notices.test(line));
    if (rest.length > 0) process.stderr.write(`${rest.join('\n')}\n`);
  }
}
