/** The report's style sheet: light and dark after the reader's system, plain on paper. Series colours after Okabe and Ito (2008). */
export const style = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --panel: #f7f8f9; --ink: #1b1f24; --quiet: #5c6570; --rule: #e2e5e9; --link: #0b62a4;
  --s0: #69727e; --s1: #0072b2; --s2: #d55e00; --s3: #009e73; --s4: #b8639a; --s5: #c98a00; --s6: #3f9fd6;
  --blind: #8a6d1d; --good: #0072b2; --bad: #b84a00; --open: #69727e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171a; --panel: #1c2024; --ink: #e6e9ec; --quiet: #9aa4af; --rule: #30363c; --link: #7cc0f0;
    --s0: #9ba5b0; --s1: #58b2ea; --s2: #f2904f; --s3: #42cfa2; --s4: #e39cc6; --s5: #f0bc4c; --s6: #9bd6f7;
    --blind: #d9bb62; --good: #58b2ea; --bad: #f2904f; --open: #9ba5b0;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif;
}
main, header, footer { max-width: 1160px; margin: 0 auto; padding: 0 32px; }
header { padding-top: 48px; }
h1 { font-size: 30px; line-height: 1.25; letter-spacing: -0.01em; margin: 4px 0 8px; text-wrap: balance; }
h2 { font-size: 20px; margin: 56px 0 16px; }
h3 { font-size: 15px; margin: 0 0 8px; }
p { margin: 0 0 10px; max-width: 84ch; }
a { color: var(--link); text-underline-offset: 2px; }
.quiet, figcaption { color: var(--quiet); }
.eyebrow { color: var(--quiet); font-size: 14px; margin: 0; }
.meta { color: var(--quiet); margin: 0 0 4px; }
.links a { margin-right: 20px; }
.claim { background: var(--panel); border-radius: 10px; padding: 20px 24px; margin: 0 0 16px; border-left: 4px solid var(--rule); break-inside: avoid; }
.claim h3 { font-size: 17px; margin-bottom: 12px; }
.verdict { display: grid; grid-template-columns: 112px 1fr; gap: 4px 16px; align-items: baseline; margin: 0 0 10px; }
.verdict dt { font-weight: 600; font-size: 14px; }
.verdict dd { margin: 0; max-width: 92ch; font-variant-numeric: tabular-nums; }
.shown { color: var(--good); } .opposite { color: var(--bad); } .not-settled, .not-tested { color: var(--open); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
.scroll + .scroll { margin-top: 32px; }
caption { text-align: left; color: var(--quiet); font-size: 14px; padding-bottom: 8px; }
th { font-size: 13.5px; line-height: 1.3; font-weight: 600; text-align: right; padding: 8px 0 8px 16px; vertical-align: bottom; }
th small { display: block; font-weight: 400; color: var(--quiet); }
td { text-align: right; padding: 9px 0 9px 16px; vertical-align: top; white-space: nowrap; }
th:first-child { text-align: left; padding-left: 0; padding-right: 8px; }
tbody th { vertical-align: top; font-size: 15px; line-height: 1.55; padding-top: 9px; min-width: 130px; overflow-wrap: break-word; }
thead th { border-bottom: 1.5px solid var(--quiet); }
tbody tr { border-bottom: 1px solid var(--rule); }
tr.blind th, tr.blind td { color: var(--quiet); font-weight: 400; padding-top: 6px; padding-bottom: 6px; }
.value { font-weight: 600; display: block; }
.interval { color: var(--quiet); font-size: 12.5px; display: block; }
.difference { font-size: 13px; display: block; color: var(--quiet); margin-top: 2px; }
.difference .interval { font-weight: 400; }
.difference.better { color: var(--good); font-weight: 600; } .difference.worse { color: var(--bad); font-weight: 600; }
td.left, th.left { text-align: left; white-space: normal; overflow-wrap: anywhere; }
.swatch { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin-right: 8px; }
.small { font-size: 14px; margin-top: 16px; }
.notes { font-size: 14px; color: var(--quiet); padding-left: 18px; margin: 14px 0 0; }
.notes li { margin: 0 0 4px; max-width: 100ch; }
.legend { max-width: none; display: flex; flex-wrap: wrap; gap: 4px 22px; font-size: 14px; color: var(--quiet); margin: 0 0 16px; }
.legend svg { vertical-align: middle; margin-right: 8px; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(330px, 1fr)); gap: 32px 40px; }
.plots.wide { grid-template-columns: repeat(auto-fill, minmax(440px, 1fr)); }
.pair { display: grid; grid-template-columns: 480px minmax(0, 1fr); gap: 24px 56px; align-items: start; margin-bottom: 24px; }
figure { margin: 0; break-inside: avoid; min-width: 0; }
figcaption { font-size: 14px; }
figcaption strong { color: var(--ink); font-size: 15px; }
svg { display: block; max-width: 100%; height: auto; font-family: inherit; }
.legend svg { display: inline-block; }
svg text { font-size: 12px; fill: var(--ink); font-variant-numeric: tabular-nums; }
svg .tick { fill: var(--quiet); font-size: 11px; paint-order: stroke; stroke: var(--page); stroke-width: 4px; } svg .value { font-weight: 600; } svg .group { font-weight: 600; fill: var(--quiet); }
.grid { stroke: var(--rule); stroke-width: 1; } line.blind { stroke: var(--blind); stroke-width: 1.5; }
.seed { fill: var(--page); stroke-width: 1.2; }
.raw { fill: none; stroke-width: 1; opacity: 0.22; } .curve { fill: none; stroke-width: 2; }
.sample { border-top: 1px solid var(--rule); padding: 24px 0 20px; break-inside: avoid; }
.sample img { max-width: 100%; height: auto; border-radius: 8px; display: block; margin: 0 0 16px; }
.captions { display: grid; grid-template-columns: minmax(110px, max-content) 1fr; gap: 8px 20px; margin: 0; }
.captions dt { font-weight: 600; font-size: 14px; padding-top: 1px; } .captions dd { margin: 0; max-width: 90ch; overflow-wrap: anywhere; } .captions bdi { white-space: pre-line; }
.chip { font-size: 12.5px; color: var(--quiet); font-variant-numeric: tabular-nums; white-space: nowrap; margin-left: 8px; border: 1px solid var(--rule); border-radius: 9px; padding: 1px 8px; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 6px 24px; margin: 0; font-size: 15px; }
.facts dt { color: var(--quiet); } .facts dd { margin: 0; overflow-wrap: anywhere; }
details { margin: 18px 0 0; } summary { cursor: pointer; color: var(--link); font-size: 15px; margin-bottom: 12px; }
details td, details tbody th { font-size: 14px; padding-top: 5px; padding-bottom: 5px; }
footer { color: var(--quiet); font-size: 13.5px; padding-top: 48px; padding-bottom: 48px; }
.pair.stacked { grid-template-columns: minmax(0, 1fr); }
@media (max-width: 1040px) { .pair { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 640px) {
  main, header, footer { padding-left: 18px; padding-right: 18px; }
  .plots, .plots.wide { grid-template-columns: 1fr; }
  .captions, .verdict { grid-template-columns: 1fr; }
}
@media print {
  :root {
    color-scheme: light;
    --page: #ffffff; --panel: #ffffff; --ink: #000000; --quiet: #444444; --rule: #cccccc; --link: #000000;
    --s0: #69727e; --s1: #0072b2; --s2: #d55e00; --s3: #009e73; --s4: #b8639a; --s5: #c98a00; --s6: #3f9fd6;
    --blind: #8a6d1d; --good: #0072b2; --bad: #b84a00; --open: #69727e;
  }
  body { font-size: 11pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main, header, footer { max-width: none; padding-left: 0; padding-right: 0; }
  header { padding-top: 0; } h2 { margin-top: 28px; break-after: avoid; }
  .scroll { overflow: visible; } td, th, tbody th { padding-left: 6px; font-size: 7.5pt; min-width: 0; } .interval, .difference { font-size: 6pt; }
  .plots { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 18px 20px; } .plots.wide { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .pair { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 20px; } summary { color: var(--ink); }
  .claim { border: 1px solid var(--rule); border-left-width: 4px; }
}
`;
