import { resolve } from 'node:path';
import { parse } from 'yaml';
import { checkBlock } from '../config/check-block.js';
import type { PluginConfig, PluginManifest } from '../contracts/index.js';
import { Fault, FaultList, formatError } from '../faults/index.js';
import { interruption } from '../pipeline/interruption.js';
import type { VideoOutcome } from '../pipeline/track/track-videos.js';
import { PluginRegistry } from '../plugin/plugin-registry.js';
import { generatedPlugins } from '../plugin/registry.generated.js';
import { createProgress } from '../progress/create-progress.js';
import type { Command } from './command.js';
import { parseArguments } from './parse-arguments.js';

type Part = 'detector' | 'tracker';

/** A plugin with the options that arguments such as `detector.min-score=0.6` give it. Throws a FaultList of all that is wrong with them. */
async function choose<Kind extends Part>(
  kind: Kind,
  name: string,
  settings: readonly string[],
): Promise<{ manifest: PluginManifest<Kind>; config: PluginConfig }> {
  const manifest = await new PluginRegistry(generatedPlugins).load(kind, name);
  const own = settings.filter((text) => text.startsWith(`${kind}.`)).map((text) => text.slice(kind.length + 1));
  const block = Object.fromEntries(
    own.map((text) => [text.slice(0, text.indexOf('=')), parse(text.slice(text.indexOf('=') + 1)) as unknown]),
  );
  const { config, faults } = checkBlock(block, manifest.config, [kind], {
    fault: (_path, code, message, details) => new Fault(code, message, details),
  });
  if (faults.length) throw new FaultList(faults);
  return { manifest, config };
}

function whole(options: ReadonlyMap<string, string>, name: string, least: number): number | undefined {
  const text = options.get(name);
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text) || Number(text) < least)
    throw new Fault('USAGE', `--${name} ${text}`, { expected: `a whole number from ${least}` });
  return Number(text);
}

function row(outcome: VideoOutcome): string {
  if ('fault' in outcome) return `${outcome.name}: ${formatError(outcome.fault)}`;
  const { name, frames, tracks, principal, rate } = outcome;
  const who =
    tracks === 0 ? 'no faces' : `${tracks} ${tracks === 1 ? 'track' : 'tracks'}, the principal in ${(100 * principal).toFixed(0)} %`;
  return `${name}: ${frames} frames, ${who}, ${rate.toFixed(0)} frames/s`;
}

export const command: Command = {
  summary: 'find and follow the faces of videos: MOT files, the principal face, overlay videos',
  help: [
    'mienlab track VIDEO... [--detector NAME] [--tracker NAME] [--out DIR] [--overlay] [--json] [detector.OPTION=VALUE] [tracker.OPTION=VALUE]',
    '',
    'Of every video, or every one in a folder, writes NAME.txt (all tracks, MOTChallenge text, ids from 1) and NAME.json (the principal face in',
    'each frame, and how it was chosen among the tracks).',
    '',
    '  --detector NAME   default blazeface                --tracker NAME   default facetrack',
    '  --out DIR         default tracks                   --overlay        NAME.mp4 as well, with the tracks drawn in',
    '  --every N         look for faces in every N-th frame; between them boxes move evenly',
    '  --max-side N      scale larger frames down to N pixels before anything else',
    '  --workers N       threads that look for faces; default as many as there are cores',
    '  --json            the outcome as JSON on standard output',
    '',
    'Exit code 1 where a video could not be used; the others are done all the same. docs/faces.md tells more.',
  ].join('\n'),
  async run(args) {
    const names = ['detector', 'tracker', 'out', 'every', 'max-side', 'workers'];
    const { positionals, flags, options } = parseArguments(args, { flags: ['overlay', 'json'], options: names });
    const settings = positionals.filter((text) => /^(detector|tracker)\.[a-z-]+=/.test(text));
    const named = positionals.filter((text) => !settings.includes(text));
    if (named.length === 0) throw new Fault('USAGE', 'which video?', { hint: 'mienlab track VIDEO --overlay' });
    const detector = await choose('detector', options.get('detector') ?? 'blazeface', settings);
    const tracker = await choose('tracker', options.get('tracker') ?? 'facetrack', settings);
    const [every, maxSide, workers] = [whole(options, 'every', 1) ?? 1, whole(options, 'max-side', 0) ?? 0, whole(options, 'workers', 1)];

    const { videoFiles } = await import('../pipeline/track/video-files.js');
    const { trackVideos } = await import('../pipeline/track/track-videos.js');
    const videos = videoFiles(named);
    const { signal, dispose } = interruption();
    const progress = createProgress({ signal });
    const log = { info: (message: string) => progress.print(message), warn: (message: string) => progress.print(`warning: ${message}`) };
    try {
      const out = resolve(options.get('out') ?? 'tracks');
      const services = { log, progress, signal };
      const given = { detector, tracker, out, overlay: flags.has('overlay'), every, maxSide, ...(workers && { workers }), ...services };
      const outcomes = await trackVideos(videos, given);
      if (flags.has('json')) {
        const plain = outcomes.map((one) =>
          'fault' in one ? { ...one, fault: { code: one.fault.code, message: one.fault.message } } : one,
        );
        console.log(JSON.stringify(plain, null, 2));
      } else for (const outcome of outcomes) console.log(row(outcome));
      return outcomes.some((one) => 'fault' in one) ? 1 : 0;
    } finally {
      progress.close();
      dispose();
    }
  },
};
