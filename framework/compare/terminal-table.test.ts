import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { displayWidth } from '../progress/display-width.js';
import { analyse } from './analysis.js';
import { colourWanted, terminalTable } from './terminal-table.js';
import { madeUpComparison } from './testing/made-up-comparison.js';

const data = madeUpComparison({ clips: 24, seeds: 2 });
const analysis = analyse(data, { resamples: 2000, aggregateResamples: 500 });

test('the whole text, blocks for what does not fit', () => {
  assert.fixture(
    terminalTable(data, analysis, { width: 100 }),
    `quickstart - 3 settings x 2 seeds - 24 test clips - baseline: none
tracker           events            cider             rouge-l           bleu-4
none              0.16 [0.10 0.22]  0.49 [0.38 0.60]  0.58 [0.56 0.61]  0.23 [0.20 0.25]
largest-face      0.65 +0.49 *      0.89 +0.40 *      0.64 +0.05 *      0.32 +0.09 *
facetrack         0.82 +0.66 *      1.08 +0.60 *      0.66 +0.08 *      0.36 +0.14 *
blind constant    0.15              0.46              0.59              0.23
blind other clip  0.14              0.47              0.58              0.21

tracker           autodq            tem-reconstruction  principal-face       visual tokens
none              0.19 [0.14 0.24]  0.13 [0.09 0.17]    -                                8
largest-face      0.57 +0.38 *      0.47 +0.34 *        0.838 [0.738 0.930]             16
facetrack         0.71 +0.52 *      0.59 +0.46 *        0.972 [0.964 0.979]             16
blind constant    0.18              0.13                -                                -
blind other clip  0.18              0.13                -                                -

tracker           face tokens  s/clip
none                        0    0.02
largest-face                8    0.03
facetrack                   8    0.03
blind constant              -       -
blind other clip            -       -
* differs from none by the paired difference shown: paired bootstrap over clips (2,000 resamples;
  500 for autodq), Holm over 12 comparisons, 95 %
Several seeds: each clip's mean over the 2 seeds comes first; intervals are over clips and do not
  hold the spread between seeds
Not clearly better than captions made without seeing the video: events of none; cider of none;
  rouge-l of none; bleu-4 of none; autodq of none; tem-reconstruction of none
events: share of the clip's thirds described with the right action
rouge-l: hardly sees whether the actions are right
autodq: judge rules@1: not comparable with published values
tem-reconstruction: our reconstruction of TEM (its code is not public); not comparable with
  published values
Skipped: clip test-0117 (VIDEO_UNREADABLE: moov atom not found), metric principal-face (the run has
  no faces)

events by clip kind (clips)
tracker           one-person (6)    several (12)      larger-distractor (6)
none              0.25 [0.14 0.33]  0.17 [0.10 0.24]  0.06 [0.00 0.11]
largest-face      0.67 +0.42 *      0.72 +0.56 *      0.47 +0.42 *
facetrack         0.78 +0.53 *      0.83 +0.67 *      0.83 +0.78 *
blind constant    0.17              0.17              0.11
blind other clip  0.06              0.17              0.17
* differs from none by the paired difference shown: paired bootstrap over clips (2,000 resamples),
  Holm over 6 comparisons, 95 %
Over fewer than 20 clips bootstrap intervals come out too short: one-person (6), several (12),
  larger-distractor (6)
Between clip kinds, intervals also lie apart for principal-face: the report breaks them down

claim: captions from the principal face beat captions from the largest face and from the frame alone
  where a larger distractor is about
Where a larger distractor is about (6 clips), events is 0.833 for facetrack and 0.472 for
  largest-face: difference +0.361 [0.194 0.556], p = 0.002. The data show it for facetrack against
  largest-face. So few clips make the interval too short.
Where a larger distractor is about (6 clips), events is 0.833 for facetrack and 0.056 for none:
  difference +0.778 [0.583 0.917], p = 0.002. The data show it for facetrack against none. So few
  clips make the interval too short.
The row none is at the blind level on one-person clips too: its distance does not by itself show an
  effect of distractors.
`,
  );
});

test('no line is wider than asked, however narrow', () => {
  for (const width of [60, 80, 120]) {
    for (const line of terminalTable(data, analysis, { width }).split('\n')) assert.ok(displayWidth(line) <= width, `${width}: ${line}`);
  }
});

test('colour says better and worse and adds nothing else', () => {
  const coloured = terminalTable(data, analysis, { colour: true });
  assert.ok(coloured.includes('\u001b[32m0.65 +0.49 *\u001b[39m'));
  // eslint-disable-next-line no-control-regex
  const plain = coloured.replace(/\u001b\[\d+m/g, '').replace(/ +\n/g, '\n');
  assert.is(plain, terminalTable(data, analysis));
});

test('where lower is better, the lower value is the better one', () => {
  const flipped = {
    ...data,
    settings: data.settings.map((setting) => ({
      ...setting,
      runs: setting.runs.map((run) => ({ ...run, scores: run.scores.map((score) => ({ ...score, higherIsBetter: false })) })),
    })),
  };
  const text = terminalTable(flipped, analyse(flipped, { resamples: 2000, aggregateResamples: 500 }), { colour: true });
  assert.ok(text.includes('\u001b[31m0.65 +0.49 *\u001b[39m'));
  assert.ok(text.includes('Lower is better: events, cider, rouge-l, bleu-4, autodq, tem-reconstruction, principal-face'));
});

test('nothing to compare is said, not crashed on', () => {
  const one = { ...data, settings: data.settings.slice(0, 1), blind: [], claims: [] };
  const text = terminalTable(one, analyse(one, { resamples: 200, aggregateResamples: 100 }));
  assert.ok(text.startsWith('quickstart - 1 setting x 2 seeds - 24 test clips - baseline: none\n'));
  assert.not(text.includes('*'));
  const empty = { ...data, settings: [], clips: [], blind: [], claims: [] };
  assert.match(terminalTable(empty, analyse(empty)), /^quickstart - 0 settings .* - 0 test clips/);
});

test('colour is for terminals whose user wants it', () => {
  assert.is(colourWanted({ isTTY: true }, {}), true);
  assert.is(colourWanted({ isTTY: true }, { NO_COLOR: '1' }), false);
  assert.is(colourWanted({ isTTY: true }, { NO_COLOR: '' }), true);
  assert.is(colourWanted({ isTTY: true }, { TERM: 'dumb' }), false);
  assert.is(colourWanted({}, {}), false);
});

test.run();
