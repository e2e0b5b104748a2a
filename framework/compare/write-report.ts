import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Analysis } from './analysis.js';
import type { Comparison } from './comparison.js';
import { htmlReport } from './html-report.js';
import { toJson } from './to-json.js';

/** Larger images are linked instead of copied into the page. */
const largestInside = 256 * 1024;

async function imageSource(folder: string, image: string): Promise<string | null> {
  const path = join(folder, image);
  const size = await stat(path).then(
    (found) => found.size,
    () => null,
  );
  if (size === null) return null;
  if (size > largestInside) return image.split(/[/\\]/).map(encodeURIComponent).join('/');
  return `data:image/png;base64,${(await readFile(path)).toString('base64')}`;
}

async function writeWhole(path: string, text: string): Promise<void> {
  const aside = `${path}.part`;
  await writeFile(aside, text);
  await rename(aside, path);
}

/**
 * Writes `report.html` and `result.json` into `folder` (made where it is missing), each aside and then renamed. Sample images lie
 * under `folder` already; those up to 256 KiB go into the page itself, a missing one is left out. Returns the report's path.
 */
export async function writeReport(folder: string, comparison: Comparison, analysis: Analysis): Promise<string> {
  await mkdir(folder, { recursive: true });
  const images = comparison.samples.flatMap(({ image }) => image ?? []);
  const sources = new Map(await Promise.all(images.map(async (image) => [image, await imageSource(folder, image)] as const)));
  const report = join(folder, 'report.html');
  await writeWhole(join(folder, 'result.json'), toJson(comparison, analysis));
  await writeWhole(
    report,
    htmlReport(comparison, analysis, (image) => sources.get(image) ?? null),
  );
  return report;
}
