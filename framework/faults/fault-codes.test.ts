import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { exitCodes } from './fault-codes.js';

test('docs/faults.md lists every code under the exit code it has', () => {
  const documented: Record<string, number> = {};
  let exitCode = 0;
  for (const line of readFileSync(new URL('../../../docs/faults.md', import.meta.url), 'utf8').split('\n')) {
    exitCode = Number(/^## .*\((\d+)\)$/.exec(line)?.[1] ?? exitCode);
    const code = /^\| `([A-Z_]+)` \|/.exec(line)?.[1];
    if (code) documented[code] = exitCode;
  }
  assert.equal(documented, { ...exitCodes });
});

test.run();
