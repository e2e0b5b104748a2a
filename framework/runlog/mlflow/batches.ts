import { Fault } from '../../faults/index.js';
import { batchLimits, metricValue, paramValue, sanitizeKey, tagValue } from './limits.js';

/** One point of a curve. `timestamp` in ms; `step` an integer. */
export interface MetricPoint {
  key: string;
  value: number;
  timestamp: number;
  step: number;
}

export interface KeyValue {
  key: string;
  value: string;
}

export interface LogBatch {
  metrics?: readonly MetricPoint[];
  params?: readonly KeyValue[];
  tags?: readonly KeyValue[];
}

type Piece = { metrics: object[]; params: object[]; tags: object[] };

function checkPoint({ key, step, timestamp }: MetricPoint): void {
  if (Number.isSafeInteger(step) && Number.isSafeInteger(timestamp)) return;
  throw new Fault('RUNLOG_REFUSED', `metric "${key}": step ${step} and timestamp ${timestamp} must be integers`, {
    expected: 'an integer step; MLflow would store a broken one as 0 without a word',
  });
}

/**
 * Cuts a batch into request bodies that the server takes (1000 metrics, 100 params, 100 tags, 1000 in all, 1e6 bytes). Keys are
 * made valid, values cut, the last value of a key counts within one call.
 * @throws Fault RUNLOG_REFUSED where a step or timestamp is no integer.
 */
export function splitBatch(batch: LogBatch): Piece[] {
  const pieces: Piece[] = [];
  let bytes = Infinity;
  const add = (kind: keyof Piece, item: object): void => {
    const size = Buffer.byteLength(JSON.stringify(item)) + 1;
    let piece = pieces.at(-1);
    const full = piece && piece.metrics.length + piece.params.length + piece.tags.length >= batchLimits.items;
    if (!piece || full || piece[kind].length >= batchLimits[kind] || bytes + size > batchLimits.bytes) {
      piece = { metrics: [], params: [], tags: [] };
      pieces.push(piece);
      bytes = 0;
    }
    piece[kind].push(item);
    bytes += size;
  };
  const params = new Map((batch.params ?? []).map(({ key, value }) => [sanitizeKey(key), paramValue(value)]));
  for (const [key, value] of params) add('params', { key, value });
  const tags = new Map((batch.tags ?? []).map(({ key, value }) => [sanitizeKey(key), tagValue(value)]));
  for (const [key, value] of tags) add('tags', { key, value });
  for (const point of batch.metrics ?? []) {
    checkPoint(point);
    add('metrics', { key: sanitizeKey(point.key), value: metricValue(point.value), timestamp: point.timestamp, step: point.step });
  }
  return pieces;
}
