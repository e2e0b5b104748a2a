/** What the tracking server calls a run's state. Anything else it would ignore without a word. */
export type MlflowStatus = 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';

export interface Experiment {
  experiment_id: string;
  name: string;
  lifecycle_stage: 'active' | 'deleted';
}

interface Pair {
  key: string;
  value: string;
}

/** A point as the server gives it: NaN as "NaN", infinities as the largest double. */
export interface StoredMetric {
  key: string;
  value: number | 'NaN';
  timestamp: number;
  step: number;
}

export interface Run {
  info: {
    run_id: string;
    run_name: string;
    experiment_id: string;
    status: MlflowStatus;
    start_time: number;
    end_time?: number;
    artifact_uri: string;
    lifecycle_stage: 'active' | 'deleted';
  };
  data: { metrics?: StoredMetric[]; params?: Pair[]; tags?: Pair[] };
  inputs?: { dataset_inputs?: { tags?: Pair[]; dataset: MlflowDataset }[] };
}

/** A data set as MLflow stores it: `source`, `schema` and `profile` are JSON texts; the digest has at most 36 characters. */
export interface MlflowDataset {
  name: string;
  digest: string;
  source_type: string;
  source: string;
  schema?: string;
  profile?: string;
}

export interface StoredFile {
  path: string;
  is_dir: boolean;
  file_size?: number;
}
