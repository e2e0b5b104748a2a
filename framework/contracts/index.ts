export type * from './clip.js';
export type * from './context.js';
export type * from './face.js';
export type * from './metric.js';
export type * from './model.js';
export type * from './plugin.js';
export type * from './port.js';
export type * from './run-log.js';
