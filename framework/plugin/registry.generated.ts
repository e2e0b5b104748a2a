// Made by tools/generate-registry.mjs from the folders under plugins/: do not edit.
import type { PluginTable } from './plugin-registry.js';

export const generatedPlugins: PluginTable = {
  dataset: {
    'drawn-faces': () => import('../../plugins/datasets/drawn-faces/plugin.js'),
    folder: () => import('../../plugins/datasets/folder/plugin.js'),
    instructions: () => import('../../plugins/datasets/instructions/plugin.js'),
  },
  detector: {
    blazeface: () => import('../../plugins/detectors/blazeface/plugin.js'),
  },
  tracker: {
    facetrack: () => import('../../plugins/trackers/facetrack/plugin.js'),
    'largest-face': () => import('../../plugins/trackers/largest-face/plugin.js'),
    none: () => import('../../plugins/trackers/none/plugin.js'),
  },
  encoder: {
    clip: () => import('../../plugins/encoders/clip/plugin.js'),
    dinov2: () => import('../../plugins/encoders/dinov2/plugin.js'),
    'face-emotion': () => import('../../plugins/encoders/face-emotion/plugin.js'),
    faceres: () => import('../../plugins/encoders/faceres/plugin.js'),
    'facetrack-mm': () => import('../../plugins/encoders/facetrack-mm/plugin.js'),
    onnx: () => import('../../plugins/encoders/onnx/plugin.js'),
    siglip: () => import('../../plugins/encoders/siglip/plugin.js'),
    'tiny-vit': () => import('../../plugins/encoders/tiny-vit/plugin.js'),
    vit: () => import('../../plugins/encoders/vit/plugin.js'),
  },
  projector: {
    'concat-mlp': () => import('../../plugins/projectors/concat-mlp/plugin.js'),
    linear: () => import('../../plugins/projectors/linear/plugin.js'),
    'mlp2x-gelu': () => import('../../plugins/projectors/mlp2x-gelu/plugin.js'),
    'pooled-mlp': () => import('../../plugins/projectors/pooled-mlp/plugin.js'),
    resampler: () => import('../../plugins/projectors/resampler/plugin.js'),
    stc: () => import('../../plugins/projectors/stc/plugin.js'),
  },
  'llm-head': {
    'causal-lm': () => import('../../plugins/llm-heads/causal-lm/plugin.js'),
    'tiny-decoder': () => import('../../plugins/llm-heads/tiny-decoder/plugin.js'),
  },
  metric: {
    autodq: () => import('../../plugins/metrics/autodq/plugin.js'),
    bleu: () => import('../../plugins/metrics/bleu/plugin.js'),
    cider: () => import('../../plugins/metrics/cider/plugin.js'),
    emotion: () => import('../../plugins/metrics/emotion/plugin.js'),
    events: () => import('../../plugins/metrics/events/plugin.js'),
    'principal-face': () => import('../../plugins/metrics/principal-face/plugin.js'),
    'rouge-l': () => import('../../plugins/metrics/rouge-l/plugin.js'),
    tem: () => import('../../plugins/metrics/tem/plugin.js'),
    'video-chatgpt': () => import('../../plugins/metrics/video-chatgpt/plugin.js'),
  },
  judge: {
    'local-gguf': () => import('../../plugins/judges/local-gguf/plugin.js'),
    openai: () => import('../../plugins/judges/openai/plugin.js'),
    recorded: () => import('../../plugins/judges/recorded/plugin.js'),
    rules: () => import('../../plugins/judges/rules/plugin.js'),
  },
};
