import { Fault, FaultList } from './fault.js';

function place(fault: Fault): string {
  const { where, clip, frame, tensor, key } = fault.details;
  const parts: string[] = [];
  if (where) parts.push([where.source, where.line, where.column].filter((part) => part !== undefined).join(':'));
  if (clip !== undefined) parts.push(`clip ${clip}${frame === undefined ? '' : `, frame ${frame}`}`);
  if (tensor) parts.push(`tensor ${tensor}`);
  if (key && !where) parts.push(key);
  return parts.join('  ');
}

/** One fault as a user reads it: place and code, the excerpt with its mark, what is wrong, what is known, what to do. */
export function formatFault(fault: Fault): string {
  const { excerpt, expected, nearest, known, hint } = fault.details;
  const lines = [[place(fault), fault.code].filter(Boolean).join('  ')];
  if (excerpt) {
    lines.push(`  ${excerpt.text}`, `  ${' '.repeat(excerpt.start)}${'^'.repeat(Math.max(1, excerpt.length))}`);
  }
  lines.push(`  ${fault.message}${nearest ? `; the nearest is "${nearest}"` : ''}`);
  if (expected) lines.push(`  expected: ${expected}`);
  if (known?.length) lines.push(`  known: ${known.join(', ')}`);
  if (hint) lines.push(`  ${hint}`);
  return lines.join('\n');
}

/** Any error as text for stderr: faults in full, others by their message, the stack only where MIENLAB_STACK=1. */
export function formatError(error: unknown): string {
  if (error instanceof FaultList) return error.faults.map(formatFault).join('\n\n');
  if (error instanceof Fault) return formatFault(error);
  if (error instanceof Error)
    return process.env['MIENLAB_STACK'] === '1' ? (error.stack ?? error.message) : `${error.name}: ${error.message}`;
  return String(error);
}
