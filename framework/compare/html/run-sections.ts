import type { Analysis } from '../analysis.js';
import type { Comparison, SampleClip } from '../comparison.js';
import { skippedItems } from '../footnotes.js';
import { formatDifference, formatInterval, formatP, formatValue, typographicNumbers as style } from '../format-number.js';
import { linePlot } from './line-plot.js';
import { html, type Markup, safeHref } from './markup.js';
import { seriesColour, seriesDash } from './series-colour.js';

/** A link, or plain text where the address is none that a report may point at. */
export function link(label: string, href: string): Markup {
  const address = safeHref(href);
  return address === null ? html`${label}: ${href}` : html`<a href="${address}">${label}</a>`;
}

export function curveSection({ settings }: Comparison): Markup | null {
  const names = [...new Set(settings.flatMap(({ runs }) => runs.flatMap(({ curves }) => Object.keys(curves))))];
  if (names.length === 0) return null;
  const lines = (name: string) =>
    settings.flatMap(({ runs }, index) =>
      runs.flatMap(({ curves }) => (curves[name] ? [{ colour: seriesColour(index), dash: seriesDash(index), points: curves[name] }] : [])),
    );
  return html`<section>
    <h2>Training</h2>
    <p class="legend">
      ${settings.map(
        ({ label }, index) =>
          html`<span
            ><svg width="22" height="8" aria-hidden="true">
              <line
                x1="0"
                x2="22"
                y1="4"
                y2="4"
                stroke-width="2.5"
                style="stroke:${seriesColour(index)}"
                stroke-dasharray="${seriesDash(index)}"
              /></svg
            >${label}</span
          >`,
      )}<span>one line a seed; faint: raw, full: moving average</span>
    </p>
    <div class="plots wide">
      ${names.map(
        (name) =>
          html`<figure>
            <figcaption><strong>${name}</strong> over training steps</figcaption>
            ${linePlot(name, lines(name), 480, 230)}
          </figure>`,
      )}
    </div>
  </section>`;
}

function sampleCard(sample: SampleClip, comparison: Comparison, source: (image: string) => string | null): Markup {
  const index = comparison.clips.findIndex(({ id }) => id === sample.clip);
  const kind = comparison.clips[index]?.kind;
  const image = sample.image === undefined ? null : source(sample.image);
  const chips = (label: string) => {
    const scores = comparison.settings.find((setting) => setting.label === label)?.runs[0]?.scores ?? [];
    return scores.flatMap(({ name, values }) => {
      const value = values[index];
      return comparison.breakdown.includes(name) && typeof value === 'number'
        ? [html`<span class="chip">${name} ${formatValue(value, 2, style)}</span>`]
        : [];
    });
  };
  const captions = comparison.settings.flatMap(({ label }, row) => {
    const caption = sample.predictions[label];
    if (caption === undefined) return [];
    return [
      html`<dt><span class="swatch" style="background:${seriesColour(row)}"></span>${label}</dt>
        <dd><bdi>${caption.trim() === '' ? '(empty)' : caption}</bdi>${chips(label)}</dd>`,
    ];
  });
  return html`<article class="sample">
    <h3>${sample.clip}${kind !== undefined && html` <span class="quiet">${kind}</span>`}</h3>
    ${image !== null && html`<figure><img src="${image}" alt="Sampled frames of ${sample.clip} with the faces found in them" /></figure>`}
    <dl class="captions">
      ${sample.references.map(
        (reference) =>
          html`<dt class="quiet">reference</dt>
            <dd class="quiet"><bdi>${reference}</bdi></dd>`,
      )}${captions}
    </dl>
  </article>`;
}

export function sampleSection(comparison: Comparison, source: (image: string) => string | null): Markup | null {
  if (comparison.samples.length === 0) return null;
  const chips = comparison.breakdown.length > 0 ? ` Beside a caption: its ${comparison.breakdown.join(', ')}.` : '';
  const trackers = [...new Set(comparison.samples.flatMap(({ facesOf }) => facesOf ?? []))];
  const facesOf = trackers.length === 0 ? '' : ` as ${trackers.join(', ')} chose it`;
  return html`<section>
    <h2>Sample clips</h2>
    <p class="quiet">
      Thick: the principal face${facesOf}; thin: other tracks; on a box: what the track scored when the principal was chosen; dashed: the
      annotated principal, where there is one. Captions are those of the first seed.${chips}
    </p>
    ${comparison.samples.map((sample) => sampleCard(sample, comparison, source))}
  </section>`;
}

function differenceTable({ main }: Analysis): Markup | null {
  const rows = main.columns.flatMap(({ score }, index) =>
    main.rows.flatMap(({ label, cells }) => {
      const difference = cells[index]!.difference;
      if (!difference) return [];
      const { value, interval, clips, p, adjusted } = difference;
      return [
        html`<tr>
          <th scope="row">${score}</th>
          <td class="left">${label}</td>
          <td>${formatDifference(value, 4, style)}</td>
          <td>${interval ? formatInterval(interval, 4, style) : '\u2013'}</td>
          <td>${clips}</td>
          <td>${p === null ? '\u2013' : formatP(p)}</td>
          <td>${adjusted === null ? '\u2013' : formatP(adjusted)}</td>
        </tr>`,
      ];
    }),
  );
  if (rows.length === 0) return null;
  const heads = ['difference', '95 % interval', 'clips', 'p', 'p after Holm'];
  return html`<details>
    <summary>All differences from ${main.rows[0]!.label}, with p-values</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="All differences">
      <table>
        <thead>
          <tr>
            <th scope="col">score</th>
            <th scope="col" class="left">setting</th>
            ${heads.map((head) => html`<th scope="col">${head}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  </details>`;
}

function runTable({ settings }: Comparison): Markup {
  return html`<details>
    <summary>Runs</summary>
    <table>
      <thead>
        <tr>
          <th scope="col">setting</th>
          <th scope="col">seed</th>
          <th scope="col" class="left">choices</th>
          <th scope="col" class="left">run log</th>
        </tr>
      </thead>
      <tbody>
        ${settings.map(({ label, choices, runs }) =>
          runs.map(
            ({ seed, runUrl }) =>
              html`<tr>
                <th scope="row">${label}</th>
                <td>${seed}</td>
                <td class="left">
                  ${Object.entries(choices)
                    .map(([key, value]) => `${key}=${value}`)
                    .join(' ')}
                </td>
                <td class="left">${runUrl === undefined ? '\u2013' : link('run page', runUrl)}</td>
              </tr>`,
          ),
        )}
      </tbody>
    </table>
  </details>`;
}

export function methodSection(comparison: Comparison, analysis: Analysis): Markup {
  const skipped = skippedItems(comparison);
  return html`<section>
    <h2>How it was made</h2>
    ${comparison.notes.map((note) => html`<p>${note}</p>`)}
    <dl class="facts">
      ${Object.entries(comparison.environment).map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
      <dt>bootstrap seed</dt>
      <dd>${analysis.seed}</dd>
    </dl>
    ${
      skipped.length > 0 &&
      html`<h2>Left out</h2>
        <ul class="notes">
          ${skipped.map(({ what, reason, settings }) => html`<li>${what}: ${reason}${settings.length < comparison.settings.length && ` (${settings.join(', ')})`}</li>`)}
        </ul>`
    }
    ${differenceTable(analysis)} ${runTable(comparison)}
  </section>`;
}
