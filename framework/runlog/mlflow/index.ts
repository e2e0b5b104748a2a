export type { KeyValue, LogBatch, MetricPoint } from './batches.js';
export { mlflowConnection, type MlflowConnection } from './connection.js';
export { sanitizeKey } from './limits.js';
export type { ImageStep, MlflowArtifacts } from './mlflow-artifacts.js';
export { MlflowClient, type NewRun, type RunSearch } from './mlflow-client.js';
export { MlflowRefusal } from './mlflow-refusal.js';
export { runPageUrl } from './run-page-url.js';
export type { TransportOptions } from './transport.js';
export type { Experiment, MlflowDataset, MlflowStatus, Run, StoredFile, StoredMetric } from './types.js';
