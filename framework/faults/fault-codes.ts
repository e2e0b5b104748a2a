/** Every stable fault code with the exit code of a command that ends with it. docs/faults.md is checked against this list. */
export const exitCodes = {
  // config
  CONFIG_NOT_FOUND: 2,
  CONFIG_SYNTAX: 2,
  CONFIG_UNKNOWN_KEY: 2,
  CONFIG_TYPE: 2,
  CONFIG_VALUE: 2,
  CONFIG_MISSING: 2,
  CONFIG_CYCLE: 2,
  CONFIG_TOO_LARGE: 2,
  CHOICE_UNKNOWN: 2,
  CHOICE_DUPLICATE: 2,
  DEFAULTS_OVERRIDE: 2,
  OVERRIDE_SYNTAX: 2,
  INTERPOLATION: 2,
  PLUGIN_UNKNOWN: 2,
  PORT_MISMATCH: 2,
  USAGE: 2,
  // plugins and what they need
  PLUGIN_MANIFEST: 3,
  PLUGIN_FAILED: 3,
  BACKEND_MISSING: 3,
  KERNEL_MISSING: 3,
  FFMPEG_MISSING: 3,
  ASSET_MISSING: 3,
  SETUP_FAILED: 3,
  // the run
  DATASET_INVALID: 1,
  DATASET_MISSING: 1,
  VIDEO_UNREADABLE: 1,
  VIDEO_EMPTY: 1,
  VIDEO_NO_FACE: 1,
  TENSOR_SHAPE: 1,
  TENSOR_NAN: 1,
  TENSOR_UNTRACEABLE: 1,
  CHECKPOINT_INVALID: 1,
  RUN_FAILED: 1,
  // run log
  RUNLOG_REFUSED: 4,
  RUNLOG_UNREACHABLE: 4,
  RUNLOG_JOURNAL: 4,
  INTERRUPTED: 130,
} as const;

export type FaultCode = keyof typeof exitCodes;
