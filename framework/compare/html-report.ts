import type { Analysis } from './analysis.js';
import type { Comparison } from './comparison.js';
import { html } from './html/markup.js';
import { breakdownSection, claimSection, plotSection, tableSection } from './html/result-sections.js';
import { curveSection, link, methodSection, sampleSection } from './html/run-sections.js';
import { style } from './html/style.js';
import { Markup } from './html/markup.js';

// The report needs nothing from outside: a browser that honours this loads nothing and runs nothing, whatever a caption holds.
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' file: data:";

/**
 * The comparison as one HTML file without scripts and without anything from outside. `source` gives the address of a sample's image
 * (a data URI, or a path relative to the report), null where it is missing.
 */
export function htmlReport(comparison: Comparison, analysis: Analysis, source: (image: string) => string | null): string {
  const { settings, clips } = comparison;
  const runs = settings.flatMap((setting) => setting.runs).length;
  const labels = settings.map(({ label }) => label).join(', ');
  const when = comparison.created.replace('T', ' ').replace(/:\d\d(\.\d+)?Z$/, ' UTC');
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${comparison.title} - mienlab</title>
        <style>
          ${new Markup(style)}
        </style>
      </head>
      <body>
        <header>
          <p class="eyebrow">mienlab / ${comparison.name}</p>
          <h1>${comparison.title}</h1>
          <p class="meta">
            ${comparison.compared}: ${labels.length <= 120 ? labels : `${settings.length} settings`}. ${runs} runs, ${clips.length} test
            clips, baseline ${settings[0]?.label}. <time datetime="${comparison.created}">${when}</time>
          </p>
          <p class="links">${comparison.links.map(({ label, href }) => link(label, href))}</p>
        </header>
        <main>
          ${claimSection(analysis)} ${tableSection(comparison, analysis)} ${plotSection(comparison, analysis)}
          ${breakdownSection(comparison, analysis)} ${curveSection(comparison)} ${sampleSection(comparison, source)}
          ${methodSection(comparison, analysis)}
        </main>
        <footer>
          Made by mienlab from this run's own numbers; result.json holds all of them. docs/report.md says how each is computed.
        </footer>
      </body>
    </html>`;
  return page.text;
}
