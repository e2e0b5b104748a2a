import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with a request: before it is done, after it is done but before the answer, or never answered. */
export type Trouble = 'reset' | 'lost-answer' | 'hang' | '503' | '500-html' | 'queue-pool' | undefined;

type Pair = { key: string; value: string };
type Point = { key: string; value: number | string; timestamp: number; step: number };

interface FakeRun {
  id: string;
  experiment: string;
  name: string;
  status: string;
  start: number;
  end?: number;
  deleted: boolean;
  params: Map<string, string>;
  tags: Map<string, string>;
  metrics: Map<string, Point>;
  inputs: Map<string, unknown>;
}

/** All fields that the requests carry; each endpoint reads its own. */
interface Sent {
  name: string;
  experiment_name: string;
  experiment_id: string;
  experiment_ids: string[];
  run_id: string;
  run_name: string;
  start_time: number;
  end_time?: number;
  status?: string;
  key: string;
  value: string;
  metric_key: string;
  filter?: string;
  page_token?: string;
  max_results: number | string;
  metrics: Point[];
  params: Pair[];
  tags: Pair[];
  datasets: { dataset: { name: string; digest: string } }[];
}

class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const bad = (message: string): Refusal => new Refusal(400, 'INVALID_PARAMETER_VALUE', message);
const statuses = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'];

/** An MLflow server in memory that enforces the rules measured on 3.17 (limits, write-once params, duplicates, states, errors). */
export class FakeMlflow {
  /** Asked for each request; the path is without `/api/2.0/`. */
  trouble: (path: string) => Trouble = () => undefined;
  /** All requests: "POST mlflow/runs/create". */
  readonly requests: string[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  readonly artifacts = new Map<string, Buffer>();
  artifactScheme = 'mlflow-artifacts:';
  private readonly experiments = new Map<string, { id: string; deleted: boolean }>();
  private readonly runs = new Map<string, FakeRun>();
  private server: Server | undefined;

  async start(port = 0): Promise<string> {
    this.server = createServer((request, response) => void this.handle(request, response));
    await new Promise<void>((done) => this.server!.listen(port, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise<void>((done) => (this.server ? this.server.close(() => done()) : done()));
  }

  /** Puts an experiment or a run into the state that the UI's delete button leaves. */
  delete(name: string): void {
    const experiment = this.experiments.get(name);
    if (experiment) experiment.deleted = true;
    for (const run of this.runs.values()) if (run.name === name) run.deleted = true;
  }

  /** All that is stored, by experiment and by the tag mienlab.run-id, free of the server's own ids: two servers can be compared. */
  snapshot(): Record<string, unknown> {
    const all: Record<string, unknown> = {};
    for (const run of [...this.runs.values()]) {
      const local = run.tags.get('mienlab.run-id') ?? run.name;
      const tags = Object.fromEntries([...run.tags].sort());
      const parent = tags['mlflow.parentRunId'];
      if (parent) tags['mlflow.parentRunId'] = this.runs.get(parent)?.tags.get('mienlab.run-id') ?? 'unknown';
      const files = [...this.artifacts].filter(([path]) => path.includes(`/${run.id}/`));
      const key = `${[...this.experiments].find(([, { id }]) => id === run.experiment)?.[0]}/${local}`;
      if (all[key]) throw new Error(`two runs for ${key}`);
      all[key] = {
        name: run.name,
        status: run.status,
        start: run.start,
        end: run.end,
        params: Object.fromEntries([...run.params].sort()),
        tags,
        metrics: [...run.metrics.keys()].sort(),
        inputs: [...run.inputs.values()],
        files: files.map(([path, bytes]) => `${path.split('/artifacts/')[1]} ${createHash('sha256').update(bytes).digest('hex')}`).sort(),
      };
    }
    return Object.fromEntries(Object.entries(all).sort(([a], [b]) => a.localeCompare(b)));
  }

  run(name: string): FakeRun {
    return [...this.runs.values()].find((run) => run.name === name)!;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, 'http://fake');
    const path = url.pathname.replace('/api/2.0/', '');
    const trouble = this.trouble(path);
    if (trouble === 'reset') return void request.socket.destroy();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    this.requests.push(`${request.method} ${path}`);
    this.headers.push(request.headers);
    if (trouble === 'hang') return;
    if (trouble === '503') return void response.writeHead(503, { 'retry-after': '0' }).end('upstream');
    if (trouble === '500-html') return void response.writeHead(500, { 'content-type': 'text/html' }).end('<h1>Internal Server Error</h1>');
    if (trouble === 'queue-pool') {
      const message = 'QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00';
      return void response.writeHead(400).end(JSON.stringify({ error_code: 'BAD_REQUEST', message }));
    }
    let status = 200;
    let answer: unknown;
    try {
      answer = this.answer(request, path, url.searchParams, body);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      status = error.status;
      answer = { error_code: error.code, message: error.message };
    }
    if (trouble === 'lost-answer') return void request.socket.destroy();
    response.writeHead(status).end(Buffer.isBuffer(answer) || typeof answer === 'string' ? answer : JSON.stringify(answer));
  }

  private answer(request: IncomingMessage, path: string, query: URLSearchParams, body: Buffer): unknown {
    if (path === '/health') return 'OK';
    if (path === '/version') return '3.17.2';
    if (path.startsWith('mlflow-artifacts/artifacts/')) return this.artifact(request.method!, decodeURIComponent(path.slice(27)), body);
    if (request.method === 'POST' && !/^application\/json/.test(request.headers['content-type'] ?? ''))
      throw bad('Bad Request. Content-Type');
    if (request.method === 'POST' && body.length > 1e6) throw bad('Request exceeds 1000000 bytes');
    const json = request.method === 'POST' ? (JSON.parse(body.toString()) as Sent) : Object.fromEntries(query);
    const endpoints: Record<string, (json: Sent) => unknown> = {
      'mlflow/experiments/get-by-name': ({ experiment_name: name }) => ({ experiment: this.experiment(name) }),
      'mlflow/experiments/create': ({ name }) => this.createExperiment(name),
      'mlflow/experiments/restore': ({ experiment_id: id }) => this.restore(id),
      'mlflow/runs/create': (run) => this.createRun(run),
      'mlflow/runs/update': (change) => this.update(change),
      'mlflow/runs/get': ({ run_id: id }) => ({ run: this.told(this.known(id)) }),
      'mlflow/runs/search': (search) => this.search(search),
      'mlflow/runs/log-batch': (batch) => this.logBatch(batch),
      'mlflow/runs/set-tag': ({ run_id: id, key, value }) => this.active(id).tags.set(key, value) && {},
      'mlflow/runs/log-inputs': (inputs) => this.logInputs(inputs),
      'mlflow/metrics/get-history': (query) => this.history(query),
      'mlflow/artifacts/list': ({ run_id: id }) => ({
        files: [...this.artifacts.keys()]
          .filter((file) => file.includes(`/${id}/`))
          .map((file) => ({ path: file.split('/artifacts/')[1], is_dir: false })),
      }),
    };
    const endpoint = endpoints[path];
    if (!endpoint) throw new Refusal(404, 'ENDPOINT_NOT_FOUND', path);
    return endpoint(json as Sent);
  }

  private artifact(method: string, path: string, body: Buffer): unknown {
    if (path.includes('#')) throw bad('Invalid path');
    if (method === 'PUT') this.artifacts.set(path, body);
    const found = this.artifacts.get(path);
    if (!found) throw new Refusal(404, 'RESOURCE_DOES_NOT_EXIST', path);
    return method === 'PUT' ? {} : found;
  }

  private experiment(name: string) {
    const found = this.experiments.get(name);
    if (!found) throw new Refusal(404, 'RESOURCE_DOES_NOT_EXIST', `Could not find experiment with name '${name}'`);
    return { experiment_id: found.id, name, lifecycle_stage: found.deleted ? 'deleted' : 'active' };
  }

  private createExperiment(name: string): unknown {
    if (this.experiments.has(name)) throw new Refusal(400, 'RESOURCE_ALREADY_EXISTS', `Experiment(name=${name}) already exists.`);
    this.experiments.set(name, { id: String(this.experiments.size + 1), deleted: false });
    return { experiment_id: this.experiments.get(name)!.id };
  }

  private restore(id: string): unknown {
    for (const experiment of this.experiments.values()) if (experiment.id === id) experiment.deleted = false;
    return {};
  }

  private createRun(json: Sent): unknown {
    if (![...this.experiments.values()].some(({ id }) => id === json.experiment_id))
      throw new Refusal(404, 'RESOURCE_DOES_NOT_EXIST', 'No Experiment');
    const run: FakeRun = {
      id: createHash('md5').update(`${this.runs.size}`).digest('hex'),
      experiment: json.experiment_id,
      name: json.run_name,
      status: 'RUNNING',
      start: json.start_time,
      deleted: false,
      params: new Map(),
      tags: new Map(json.tags.map(({ key, value }) => [key, value])),
      metrics: new Map(),
      inputs: new Map(),
    };
    this.runs.set(run.id, run);
    return { run: this.told(run) };
  }

  private told(run: FakeRun): unknown {
    const latest = new Map<string, Point>();
    for (const point of run.metrics.values()) {
      const best = latest.get(point.key);
      if (!best || point.step > best.step || (point.step === best.step && point.timestamp >= best.timestamp)) latest.set(point.key, point);
    }
    const pairs = (map: Map<string, string>): Pair[] => [...map].map(([key, value]) => ({ key, value }));
    return {
      info: {
        run_id: run.id,
        run_name: run.name,
        experiment_id: run.experiment,
        status: run.status,
        start_time: run.start,
        end_time: run.end,
        artifact_uri: `${this.artifactScheme}/${run.experiment}/${run.id}/artifacts`,
        lifecycle_stage: run.deleted ? 'deleted' : 'active',
      },
      data: { params: pairs(run.params), tags: pairs(run.tags), metrics: [...latest.values()] },
    };
  }

  private update(json: Sent): unknown {
    const run = this.active(json.run_id);
    if (json.status && statuses.includes(json.status)) run.status = json.status;
    if (json.end_time !== undefined) run.end = json.end_time;
    return {};
  }

  private search(json: Sent): unknown {
    const [, key, value] = /^tags\.`(.+)` = '(.+)'$/.exec(json.filter ?? '') ?? [];
    const all = [...this.runs.values()].filter(
      (run) => json.experiment_ids.includes(run.experiment) && !run.deleted && (key === undefined || run.tags.get(key) === value),
    );
    const from = Number(json.page_token ?? 0);
    const to = from + Number(json.max_results);
    const runs = all.slice(from, to).map((run) => this.told(run));
    return { runs, ...(to < all.length ? { next_page_token: String(to) } : {}) };
  }

  private logBatch(json: Sent): unknown {
    const run = this.active(json.run_id);
    const { metrics, params, tags } = json;
    if (metrics.length > 1000)
      throw bad(`A batch logging request can contain at most 1000 metrics. Got ${metrics.length} metrics. Please split up`);
    if (params.length > 100 || tags.length > 100) throw bad('A batch logging request can contain at most 100 params and 100 tags');
    if (metrics.length + params.length + tags.length > 1000) throw bad('at most 1000 metrics, params, and tags');
    if (new Set(params.map(({ key }) => key)).size < params.length) throw bad('Duplicate parameter keys have been submitted');
    for (const { key } of [...metrics, ...params, ...tags]) checkKey(key);
    for (const { key, value } of params) {
      const old = run.params.get(key);
      if (old !== undefined && old !== value.slice(0, 6000)) {
        throw bad(
          `Changing param values is not allowed. Param with key='${key}' was already logged with value='${old}' for run ID='${run.id}'.`,
        );
      }
    }
    for (const { value, timestamp, step } of metrics) {
      if (value === null || value === undefined || !timestamp) throw bad("Missing value for required parameter 'metrics[0].value'");
      if (!Number.isInteger(step)) throw new Error('the real server would store step 0');
    }
    for (const { key, value } of params) run.params.set(key, value.slice(0, 6000));
    for (const { key, value } of tags) run.tags.set(key, value.slice(0, 8000));
    for (const point of metrics) run.metrics.set(JSON.stringify([point.key, point.value, point.timestamp, point.step]), point);
    return {};
  }

  private logInputs(json: Sent): unknown {
    const run = this.active(json.run_id);
    for (const input of json.datasets) {
      if (input.dataset.digest.length > 36) throw bad('Dataset digest exceeds the maximum length of 36');
      run.inputs.set(`${input.dataset.name} ${input.dataset.digest}`, input);
    }
    return {};
  }

  private history(query: Sent): unknown {
    const all = [...this.known(query.run_id).metrics.values()].filter(({ key }) => key === query.metric_key);
    const from = Number(query.page_token ?? 0);
    const to = from + Number(query.max_results);
    return { metrics: all.slice(from, to), ...(to < all.length ? { next_page_token: String(to) } : {}) };
  }

  private known(id: string): FakeRun {
    const run = this.runs.get(id);
    if (!run) throw new Refusal(404, 'RESOURCE_DOES_NOT_EXIST', `Run with id=${id} not found`);
    return run;
  }

  private active(id: string): FakeRun {
    const run = this.known(id);
    if (run.deleted) throw bad(`The run ${id} must be in the 'active' state. Current state is deleted.`);
    return run;
  }
}

function checkKey(key: string): void {
  const normal = key.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (!/^[\p{L}\p{N}_\-. /:]+$/u.test(key) || !normal) throw bad(`Invalid name: '${key}'`);
  if (key.length > 250) throw bad(`'${key}' exceeds the maximum length of 250 characters`);
}
