// Made by tools/generate-registry.mjs from the folders under plugins/: do not edit.
import type { PluginTable } from './plugin-registry.js';

export const generatedPlugins: PluginTable = {
  dataset: {},
  detector: {
    blazeface: () => import('../../plugins/detectors/blazeface/plugin.js'),
  },
  tracker: {},
  encoder: {
    'tiny-vit': () => import('../../plugins/encoders/tiny-vit/plugin.js'),
  },
  projector: {
    'pooled-mlp': () => import('../../plugins/projectors/pooled-mlp/plugin.js'),
  },
  'llm-head': {
    'tiny-decoder': () => import('../../plugins/llm-heads/tiny-decoder/plugin.js'),
  },
  metric: {
    bleu: () => import('../../plugins/metrics/bleu/plugin.js'),
    cider: () => import('../../plugins/metrics/cider/plugin.js'),
    'rouge-l': () => import('../../plugins/metrics/rouge-l/plugin.js'),
  },
  judge: {},
};
