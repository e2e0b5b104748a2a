import { Fault } from '../faults/index.js';
import { readMotFile, type MotRow } from '../tracking/mot-text.js';
import { scoreTracks, type TrackScores } from '../tracking/score-tracks.js';
import { trackSequence } from '../tracking/track-sequence.js';
import type { Command } from './command.js';
import { parseArguments } from './parse-arguments.js';

/** A number among the options, within what is allowed, or undefined. */
function numberOption(options: ReadonlyMap<string, string>, name: string, valid: (value: number) => boolean, expected: string) {
  const text = options.get(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !valid(value)) throw new Fault('USAGE', `--${name} ${text}`, { expected });
  return value;
}

const lastFrame = (rows: readonly MotRow[]) => rows.reduce((last, { frame }) => Math.max(last, frame), 0);

function blocks({ hota, clear, identity }: TrackScores): [string, Record<string, number>][] {
  const { HOTA, DetA, AssA, LocA, DetRe, DetPr, AssRe, AssPr } = hota;
  const { MOTA, MOTP, IDSW, Frag, MT, PT, ML, CLR_TP, CLR_FN, CLR_FP } = clear;
  return [
    ['HOTA', { HOTA, DetA, AssA, LocA, DetRe, DetPr, AssRe, AssPr }],
    ['CLEAR', { MOTA, MOTP, IDSW, Frag, MT, PT, ML, TP: CLR_TP, FN: CLR_FN, FP: CLR_FP }],
    ['Identity', { ...identity }],
  ];
}

function table(scores: TrackScores, threshold: number): string {
  const lines = blocks(scores).flatMap(([title, values]) => {
    const cells = Object.entries(values).map(([name, value]) => [name, /^(ID(SW|TP|FN|FP)|Frag|MT|PT|ML|TP|FN|FP)$/.test(name) ? String(value) : value.toFixed(4)] as const); // prettier-ignore
    const widths = cells.map((pair) => Math.max(...pair.map(({ length }) => length)));
    const row = (part: 0 | 1) => cells.map((pair, i) => pair[part].padStart(widths[i]!)).join('  ');
    return [`${title.padEnd(10)}${row(0)}`, `${''.padEnd(10)}${row(1)}`];
  });
  return [...lines, `${scores.frames} frames; CLEAR and Identity match at an IoU of ${threshold}, HOTA at .05 to .95`].join('\n');
}

export const command: Command = {
  summary: 'score face tracks against the true ones: HOTA, CLEAR, Identity',
  help: `mienlab eval-tracks --gt FILE --hyp FILE [--json] [--frames N] [--iou T]

FILE is MOTChallenge text: frame (from 1), id, x, y, width, height in a line, with commas between; further values are not used, so every
row of the truth counts. The values are TrackEval's. docs/tracking.md says what each one is.

  --gt FILE    the true tracks
  --hyp FILE   the tracks to score
  --json       all values as JSON, those per threshold too, under TrackEval's names
  --frames N   length of the video; rows of later frames are then a fault. Without it the last frame of either file is the last one.
  --iou T      least intersection over union of a match in CLEAR and Identity, above 0 up to 1; 0.5 where not given

Exit code 1 where a file cannot be read or has a wrong line; each is named.`,
  run(args) {
    const { positionals, flags, options } = parseArguments(args, { flags: ['json'], options: ['gt', 'hyp', 'frames', 'iou'] });
    const [gt, hyp] = [options.get('gt'), options.get('hyp')];
    if (gt === undefined || hyp === undefined || positionals.length) {
      throw new Fault('USAGE', 'name the two files', { hint: 'mienlab eval-tracks --gt FILE --hyp FILE' });
    }
    const limit = numberOption(options, 'frames', (value) => Number.isInteger(value) && value > 0, 'a whole number from 1');
    const threshold = numberOption(options, 'iou', (value) => value > 0 && value <= 1, 'a number above 0 up to 1') ?? 0.5;
    const [truth, found] = [gt, hyp].map((file) => readMotFile(file, limit === undefined ? {} : { frames: limit })) as [MotRow[], MotRow[]];
    const [last, lastFound] = [lastFrame(truth), lastFrame(found)];
    if (limit === undefined && last > 0 && lastFound > last) {
      process.stderr.write(
        `warning: ${hyp} goes on to frame ${lastFound}, ${gt} ends with ${last}: what comes later is counted as false\n`,
      );
    }
    const frames = limit ?? Math.max(last, lastFound);
    const scores = scoreTracks(trackSequence(truth, frames), trackSequence(found, frames), threshold);
    const { perAlpha, ...means } = scores.hota;
    const all = { frames, iou: threshold, ...means, ...scores.clear, ...scores.identity, HOTA_per_alpha: perAlpha };
    console.log(flags.has('json') ? JSON.stringify(all, null, 2) : table(scores, threshold));
    return Promise.resolve(0);
  },
};
