import { Fault, type FaultDetails } from '../../faults/index.js';

/** The server understood and said no: sending the same again will not help. Code RUNLOG_REFUSED. */
export class MlflowRefusal extends Fault {
  /** The HTTP status; 200 where the answer was not the tracking server's. */
  readonly status: number;
  /** MLflow's `error_code`, empty where the answer was not JSON. */
  readonly errorCode: string;

  constructor(message: string, status: number, errorCode: string, details: FaultDetails = {}) {
    super('RUNLOG_REFUSED', message, details);
    this.status = status;
    this.errorCode = errorCode;
  }

  /** Whether it concerns all that could be sent for a run (access, address, a deleted run) and not only one value. */
  get concernsWholeRun(): boolean {
    if (this.status !== 400 && this.status !== 413) return true;
    return /'active' state|is deleted|has been deleted/i.test(this.message);
  }
}

const hints: [RegExp | number, string][] = [
  [
    /Invalid Host header|DNS rebinding/i,
    'the server does not know the host name in this address: start it with --allowed-hosts NAME (MLFLOW_SERVER_ALLOWED_HOSTS), or use 127.0.0.1',
  ],
  [/Cross-origin/i, 'the server refuses this origin: start it with --cors-allowed-origins (MLFLOW_SERVER_CORS_ALLOWED_ORIGINS)'],
  [401, 'set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN'],
  [403, 'the user of this connection may not do that: ask who keeps the server'],
  [/Workspace .* not found/i, 'MLFLOW_WORKSPACE names a workspace that the server does not have'],
  [/'active' state/i, 'the run was deleted on the server: restore it there (its experiment page, filter State: Deleted) and sync again'],
  [413, 'something between here and the server limits the size of a request: raise its limit'],
];

/** The Fault for an answer that says no. `what` names the request, `text` is the body, JSON or not. */
export function refusal(what: string, status: number, text: string): MlflowRefusal {
  let errorCode = '';
  let message = '';
  try {
    const body = JSON.parse(text) as { error_code?: unknown; message?: unknown } | null;
    errorCode = String(body?.error_code ?? '');
    message = String(body?.message ?? '');
  } catch {
    message = text.replace(/<[^>]*>/g, ' ');
  }
  message = message.replace(/\s+/g, ' ').trim().slice(0, 400);
  const hint = hints.find(([when]) => (typeof when === 'number' ? when === status : when.test(message)))?.[1];
  return new MlflowRefusal(`${what}: MLflow answered ${status} ${errorCode} ${message}`.trim(), status, errorCode, { hint });
}
