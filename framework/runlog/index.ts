export { openRunLog, type RunLogOptions } from './open-run-log.js';
export { sourceTags } from './source-tags.js';
export { sampleSystemMetrics, type SystemMetricsOptions } from './system-metrics/sample-system-metrics.js';
export { resolveTracking, type Tracking, type TrackingOptions } from './tracking.js';
