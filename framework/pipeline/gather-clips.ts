import type { Clip, Dataset } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { clipDigest } from './clip-digest.js';
import { mapPool } from './map-pool.js';
import type { DigestedClip } from './perceive.js';
import { cacheKey, type StageCache } from './stage-cache.js';

/** What to warn of where files with the same bytes are in two splits: what is tested was trained on then. Undefined where none are. */
export function sharedVideos(clips: readonly DigestedClip[]): string | undefined {
  const firsts = new Map<string, Clip>();
  const pairs: string[] = [];
  for (const { clip, digest } of clips) {
    const first = firsts.get(digest);
    if (!first) firsts.set(digest, clip);
    else if (first.split !== clip.split) pairs.push(`${clip.id} (${clip.split}) and ${first.id} (${first.split})`);
  }
  if (!pairs.length) return undefined;
  const more = pairs.length > 5 ? `, and ${pairs.length - 5} more` : '';
  return `the same video is in two splits: ${pairs.slice(0, 5).join(', ')}${more}`;
}

/** A dataset's clips with the digests of their bytes. */
export interface GatheredClips {
  clips: readonly DigestedClip[];
  /** Of all clips: bytes, split, captions, instruction. */
  digest: string;
}

/** Throws Fault DATASET_INVALID where there is no clip to describe or two have one id. */
export async function gatherClips(dataset: Dataset, cache: StageCache): Promise<GatheredClips> {
  const clips = await dataset.clips();
  if (!clips.some(({ split }) => split === 'test')) {
    throw new Fault('DATASET_INVALID', `the dataset has ${clips.length} clips, none of them in the split "test"`, {
      expected: 'at least one test clip: it is what runs are compared on',
    });
  }
  const ids = new Set<string>();
  const twice = clips.find(({ id }) => ids.size === ids.add(id).size);
  if (twice) throw new Fault('DATASET_INVALID', `two clips have the id "${twice.id}"`, { clip: twice.id, expected: 'ids that are unique' });
  const known = cache.records<string>('digest', 'files');
  const digests = new Map<Clip, string>();
  await mapPool(clips, 4, async (clip) => {
    digests.set(clip, await clipDigest(clip.video, known));
  });
  // Truth is an input of oracles, so that what they make is kept under it as well.
  const digested = clips.map((clip) => ({ clip, digest: clip.truth ? cacheKey([digests.get(clip), clip.truth]) : digests.get(clip)! }));
  const digest = cacheKey(
    digested.map(({ clip, digest }) => [
      ...[clip.id, digest, clip.split, clip.references, clip.instruction],
      ...(clip.conversations ? [clip.conversations] : []),
    ]),
  );
  return { clips: digested, digest };
}
