import type { PluginKind } from '../contracts/index.js';

/** Config group and folder under plugins/ of every kind. */
export const pluginKinds: Readonly<Record<PluginKind, { group: string; folder: string }>> = {
  dataset: { group: 'data', folder: 'datasets' },
  detector: { group: 'detector', folder: 'detectors' },
  tracker: { group: 'tracker', folder: 'trackers' },
  encoder: { group: 'encoder', folder: 'encoders' },
  projector: { group: 'projector', folder: 'projectors' },
  'llm-head': { group: 'llm-head', folder: 'llm-heads' },
  metric: { group: 'metrics', folder: 'metrics' },
  judge: { group: 'judge', folder: 'judges' },
};
