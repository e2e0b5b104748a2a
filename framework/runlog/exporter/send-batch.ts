import { MlflowRefusal, type LogBatch, type MlflowClient } from '../mlflow/index.js';

type Batch = Required<LogBatch>;

function size(batch: Batch): number {
  return batch.metrics.length + batch.params.length + batch.tags.length;
}

function slice(batch: Batch, from: number, to: number): Batch {
  const { metrics, params, tags } = batch;
  const [afterMetrics, afterParams] = [metrics.length, metrics.length + params.length];
  return {
    metrics: metrics.slice(from, to),
    params: params.slice(Math.max(0, from - afterMetrics), Math.max(0, to - afterMetrics)),
    tags: tags.slice(Math.max(0, from - afterParams), Math.max(0, to - afterParams)),
  };
}

/**
 * Sends batches as one. The server refuses a batch as a whole for one bad value: then halves are sent until the value is found.
 * @returns what was refused, in words. @throws what MlflowClient throws where the run as a whole is concerned.
 */
export async function sendBatch(client: MlflowClient, runId: string, batches: readonly Batch[]): Promise<string[]> {
  const send = async (batch: Batch): Promise<string[]> => {
    try {
      await client.logBatch(runId, batch);
      return [];
    } catch (error) {
      if (!(error instanceof MlflowRefusal) || error.concernsWholeRun) throw error;
      const count = size(batch);
      const half = Math.ceil(count / 2);
      if (count === 1) return [error.message];
      return [...(await send(slice(batch, 0, half))), ...(await send(slice(batch, half, count)))];
    }
  };
  return send({
    metrics: batches.flatMap((batch) => batch.metrics),
    params: batches.flatMap((batch) => batch.params),
    tags: batches.flatMap((batch) => batch.tags),
  });
}
