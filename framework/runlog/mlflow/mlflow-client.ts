import { Fault } from '../../faults/index.js';
import { MlflowArtifacts } from './mlflow-artifacts.js';
import { splitBatch, type LogBatch } from './batches.js';
import type { MlflowConnection } from './connection.js';
import { datasetDigest, tagValue } from './limits.js';
import { MlflowRefusal } from './mlflow-refusal.js';
import { Transport, type TransportOptions } from './transport.js';
import type { Experiment, MlflowDataset, MlflowStatus, Run, StoredMetric } from './types.js';

const api = '/api/2.0/mlflow';

export interface NewRun {
  experimentId: string;
  name: string;
  /** Milliseconds since 1970. */
  startTime: number;
  tags?: Readonly<Record<string, string>>;
}

export interface RunSearch {
  experimentIds: readonly string[];
  /** MLflow's filter language, such as "tags.`mlflow.parentRunId` = 'ID'". */
  filter?: string;
  orderBy?: readonly string[];
}

/**
 * MLflow's tracking REST API for runs. Every method throws a Fault RUNLOG_UNREACHABLE where the server is not there, too slow or
 * failing after all retries, and an MlflowRefusal (code RUNLOG_REFUSED) where it says no.
 */
export class MlflowClient {
  private readonly transport: Transport;
  readonly artifacts: MlflowArtifacts;

  constructor(connection: MlflowConnection, options: TransportOptions = {}) {
    this.transport = new Transport(connection, options);
    this.artifacts = new MlflowArtifacts(this.transport, this);
  }

  get uri(): string {
    return this.transport.connection.uri;
  }

  /** The server's version, such as 3.17.2. */
  async version(): Promise<string> {
    return (await this.transport.bytes({ method: 'GET', path: '/version' })).toString('utf8').trim();
  }

  async experimentByName(name: string): Promise<Experiment | undefined> {
    try {
      return (await this.get<{ experiment: Experiment }>('experiments/get-by-name', { experiment_name: name })).experiment;
    } catch (error) {
      if (error instanceof MlflowRefusal && error.errorCode === 'RESOURCE_DOES_NOT_EXIST' && !/workspace/i.test(error.message))
        return undefined;
      throw error;
    }
  }

  /**
   * The experiment of that name, made where there is none; several may try at once. `tags` are for a new one. A deleted experiment
   * keeps its name: it is restored where `restoreDeleted` says so, else refused.
   */
  async ensureExperiment(
    name: string,
    options: { tags?: Readonly<Record<string, string>>; restoreDeleted?: boolean } = {},
  ): Promise<string> {
    let found = await this.experimentByName(name);
    if (!found) {
      try {
        const tags = Object.entries(options.tags ?? {}).map(([key, value]) => ({ key, value }));
        return (await this.post<{ experiment_id: string }>('experiments/create', { name, tags })).experiment_id;
      } catch (error) {
        if (!(error instanceof MlflowRefusal) || error.errorCode !== 'RESOURCE_ALREADY_EXISTS') throw error;
        found = await this.experimentByName(name);
        if (!found) throw error;
      }
    }
    if (found.lifecycle_stage === 'deleted') {
      if (!options.restoreDeleted) throw deletedExperiment(name);
      await this.post('experiments/restore', { experiment_id: found.experiment_id });
    }
    return found.experiment_id;
  }

  /** Makes a run. Not sent again after a lost answer: the run may stand already; look for it by a tag of your own before another try. */
  async createRun(run: NewRun): Promise<Run> {
    const tags = Object.entries(run.tags ?? {}).map(([key, value]) => ({ key, value: tagValue(value) }));
    const json = { experiment_id: run.experimentId, run_name: run.name, start_time: run.startTime, tags };
    return (await this.transport.json<{ run: Run }>({ method: 'POST', path: `${api}/runs/create`, json, idempotent: false })).run;
  }

  async updateRun(runId: string, changes: { status?: MlflowStatus; endTime?: number; name?: string }): Promise<void> {
    await this.post('runs/update', { run_id: runId, status: changes.status, end_time: changes.endTime, run_name: changes.name });
  }

  async getRun(runId: string): Promise<Run> {
    return (await this.get<{ run: Run }>('runs/get', { run_id: runId })).run;
  }

  /** All active runs that match, page by page. */
  async searchRuns(search: RunSearch): Promise<Run[]> {
    const found: Run[] = [];
    let token: string | undefined;
    do {
      const page = await this.post<{ runs?: Run[]; next_page_token?: string }>('runs/search', {
        experiment_ids: search.experimentIds,
        filter: search.filter,
        order_by: search.orderBy,
        max_results: 1000,
        page_token: token,
      });
      found.push(...(page.runs ?? []));
      token = page.next_page_token;
    } while (token);
    return found;
  }

  /** Params, tags and points, in as many requests as the server's limits ask for. Sent again, the same points stay one row each. */
  async logBatch(runId: string, batch: LogBatch): Promise<void> {
    for (const piece of splitBatch(batch)) await this.post('runs/log-batch', { run_id: runId, ...piece });
  }

  async setTag(runId: string, key: string, value: string): Promise<void> {
    await this.post('runs/set-tag', { run_id: runId, key, value: tagValue(value) });
  }

  /** Names a data set as an input of the run; `context` is what it served for (training, test). */
  async logInput(runId: string, dataset: MlflowDataset, context: string): Promise<void> {
    const entry = {
      tags: [{ key: 'mlflow.data.context', value: context }],
      dataset: { ...dataset, digest: datasetDigest(dataset.digest) },
    };
    await this.post('runs/log-inputs', { run_id: runId, datasets: [entry] });
  }

  /** All points of one metric in the order in which the server keeps them. */
  async metricHistory(runId: string, key: string): Promise<StoredMetric[]> {
    const points: StoredMetric[] = [];
    let token: string | undefined;
    do {
      const query = { run_id: runId, metric_key: key, max_results: '25000', ...(token ? { page_token: token } : {}) };
      const page = await this.get<{ metrics?: StoredMetric[]; next_page_token?: string }>('metrics/get-history', query);
      points.push(...(page.metrics ?? []));
      token = page.next_page_token;
    } while (token);
    return points;
  }

  private get<T>(path: string, query: Record<string, string>): Promise<T> {
    return this.transport.json<T>({ method: 'GET', path: `${api}/${path}`, query });
  }

  private post<T>(path: string, json: unknown): Promise<T> {
    return this.transport.json<T>({ method: 'POST', path: `${api}/${path}`, json });
  }
}

function deletedExperiment(name: string): Fault {
  return new MlflowRefusal(`the experiment "${name}" was deleted on the server`, 400, 'RESOURCE_ALREADY_EXISTS', {
    hint: 'mienlab sync --restore brings it back with its runs; or give the experiment another name',
  });
}
