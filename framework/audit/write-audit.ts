import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MetricAudit } from './audit-metrics.js';
import { auditPage } from './audit-page.js';
import { auditPlot } from './audit-plot.js';

/** Writes `audit.html`, `audit.svg` and `audit.json` into `folder` (made where it is missing), each aside and then renamed. Returns the page's path. */
export async function writeAudit(folder: string, audit: MetricAudit): Promise<string> {
  await mkdir(folder, { recursive: true });
  const files = {
    'audit.json': `${JSON.stringify(audit, null, 1)}\n`,
    'audit.svg': `${auditPlot(audit).text}\n`,
    'audit.html': auditPage(audit),
  };
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    await writeFile(`${path}.part`, text);
    await rename(`${path}.part`, path);
  }
  return join(folder, 'audit.html');
}
