import { randomUUID } from 'node:crypto';
import { encodeArtifactPath } from './artifact-path.js';
import { MlflowRefusal } from './mlflow-refusal.js';
import type { Transport } from './transport.js';
import type { Run, StoredFile } from './types.js';

/** What MlflowArtifacts needs of the client. */
interface Runs {
  getRun(runId: string): Promise<Run>;
  setTag(runId: string, key: string, value: string): Promise<void>;
}

export interface ImageStep {
  /** The image's name; `/` groups. Letters, digits, `_ - . space /`. */
  key: string;
  step: number;
  /** Milliseconds since 1970. */
  timestamp: number;
  /** Makes the file name unique; give it to send the same image again under the same name. */
  id?: string;
}

const proxied = 'mlflow-artifacts:/';

/** A run's files, through the server's artifact proxy. Throws what MlflowClient throws. */
export class MlflowArtifacts {
  private readonly roots = new Map<string, string>();
  private readonly withImages = new Set<string>();

  constructor(
    private readonly transport: Transport,
    private readonly runs: Runs,
  ) {}

  /** Writes a file; `path` is relative with `/`. @throws Fault RUNLOG_REFUSED for a broken path. */
  async put(runId: string, path: string, content: Uint8Array | Blob): Promise<void> {
    const encoded = encodeArtifactPath(path);
    await this.transport.bytes({ method: 'PUT', path: `${await this.root(runId)}/${encoded}`, body: content });
  }

  async get(runId: string, path: string): Promise<Buffer> {
    const encoded = encodeArtifactPath(path);
    return this.transport.bytes({ method: 'GET', path: `${await this.root(runId)}/${encoded}` });
  }

  /** The files and folders directly in a folder of the run's artifacts. */
  async list(runId: string, folder = ''): Promise<StoredFile[]> {
    const query = { run_id: runId, ...(folder ? { path: folder } : {}) };
    return (
      (await this.transport.json<{ files?: StoredFile[] }>({ method: 'GET', path: '/api/2.0/mlflow/artifacts/list', query })).files ?? []
    );
  }

  /** Writes a table (JSON text in pandas' split form: columns, data) and tells the UI to show it as one. */
  async putTable(runId: string, path: string, content: Uint8Array | Blob): Promise<void> {
    await this.put(runId, path, content);
    const tags = (await this.runs.getRun(runId)).data.tags ?? [];
    const logged = loggedArtifacts(tags.find(({ key }) => key === 'mlflow.loggedArtifacts')?.value);
    if (logged.some((entry) => entry.path === path)) return;
    await this.runs.setTag(runId, 'mlflow.loggedArtifacts', JSON.stringify([...logged, { path, type: 'table' }]));
  }

  /** Writes a PNG of a step into the image grid. The grid asks for a .webp beside it and shows PNG bytes under that name as well. */
  async putImage(runId: string, image: ImageStep, png: Uint8Array | Blob): Promise<void> {
    const key = image.key.replace(/[^A-Za-z0-9_\-./ ]/g, '_').replaceAll('/', '~');
    const stem = `images/${key}+step+${image.step}+timestamp+${image.timestamp}+${image.id ?? randomUUID()}`;
    await this.put(runId, `${stem}.png`, png);
    await this.put(runId, `${stem}+compressed.webp`, png);
    if (this.withImages.has(runId)) return;
    await this.runs.setTag(runId, 'mlflow.loggedImages', 'True');
    this.withImages.add(runId);
  }

  /** The path on the server under which the run's files lie. */
  private async root(runId: string): Promise<string> {
    const known = this.roots.get(runId);
    if (known !== undefined) return known;
    const uri = (await this.runs.getRun(runId)).info.artifact_uri;
    if (!uri.startsWith(proxied)) {
      throw new MlflowRefusal(
        `the files of run ${runId} lie at ${uri}, which only the server's own machine or account can write`,
        400,
        '',
        {
          expected: `an artifact address that begins with ${proxied}`,
          hint: 'start the server with --artifacts-destination (and without --no-serve-artifacts); metrics and params are not concerned',
        },
      );
    }
    const path = uri.slice(proxied.length).replace(/^\/[^/]*\//, '');
    const root = `/api/2.0/mlflow-artifacts/artifacts/${path.split('/').filter(Boolean).map(encodeURIComponent).join('/')}`;
    this.roots.set(runId, root);
    return root;
  }
}

function loggedArtifacts(tag: string | undefined): { path?: string; type?: string }[] {
  if (!tag) return [];
  try {
    const list: unknown = JSON.parse(tag);
    return Array.isArray(list) ? (list as { path?: string; type?: string }[]) : [];
  } catch {
    return [];
  }
}
