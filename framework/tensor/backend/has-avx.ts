import { readFileSync } from 'node:fs';

/** False where TensorFlow's x86 wheels would abort the process for want of AVX; true where it has it or the question does not arise. */
export function hasAvx(): boolean {
  if (process.platform !== 'linux' || process.arch !== 'x64') return true;
  return /^flags\s*:.*\bavx\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
}
