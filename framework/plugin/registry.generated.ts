// Made by tools/generate-registry.mjs from the folders under plugins/: do not edit.
import type { PluginTable } from './plugin-registry.js';

export const generatedPlugins: PluginTable = {
  dataset: {},
  detector: {},
  tracker: {},
  encoder: {},
  projector: {},
  'llm-head': {},
  metric: {},
  judge: {},
};
