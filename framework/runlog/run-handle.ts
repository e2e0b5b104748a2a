import { statSync } from 'node:fs';
import type { DatasetInput, ParamValue, RunHandle, RunStart, RunStatus, TableCell } from '../contracts/run-log.js';
import { Fault } from '../faults/index.js';
import type { Journal } from './journal/journal.js';
import { toJournalNumber, type JournalFact } from './journal/journal-entry.js';
import { checkArtifactPath } from './mlflow/artifact-path.js';

type OpenRun = { id: string; name: string };

function texts(values: Readonly<Record<string, ParamValue>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));
}

function refuse(message: string, expected: string): never {
  throw new Fault('RUNLOG_REFUSED', message, { expected });
}

function checkStep(step: number): void {
  if (!Number.isSafeInteger(step)) refuse(`the step ${step} is no integer`, 'an integer: MLflow would store it as 0 without a word');
}

/** A run that writes what it is told into the journal. */
export class JournaledRun implements RunHandle {
  private ended = false;
  private images = 0;

  constructor(
    readonly id: string,
    readonly name: string,
    private readonly journal: Journal,
    private readonly startRun: (start: RunStart, parent: string) => RunHandle,
    private readonly onEnd: (run: OpenRun) => void,
  ) {}

  param(key: string, value: ParamValue): void {
    this.params({ [key]: value });
  }

  params(values: Readonly<Record<string, ParamValue>>): void {
    if (Object.keys(values).length > 0) this.log({ type: 'params', run: this.id, values: texts(values) });
  }

  tag(key: string, value: string): void {
    this.tags({ [key]: value });
  }

  tags(values: Readonly<Record<string, string>>): void {
    if (Object.keys(values).length > 0) this.log({ type: 'tags', run: this.id, values: texts(values) });
  }

  metric(key: string, value: number, step = 0): void {
    this.metrics({ [key]: value }, step);
  }

  metrics(values: Readonly<Record<string, number>>, step = 0): void {
    checkStep(step);
    const points = Object.entries(values);
    for (const [key, value] of points) {
      if (typeof value !== 'number') refuse(`the metric ${key} is ${typeof value}`, 'a number');
    }
    if (points.length === 0) return;
    this.log({
      type: 'metrics',
      run: this.id,
      step,
      values: Object.fromEntries(points.map(([key, value]) => [key, toJournalNumber(value)])),
    });
  }

  artifact(path: string, content: Uint8Array | string): void {
    const file = this.keep(path, content);
    this.log({ type: 'artifact', run: this.id, path, file });
  }

  artifactFile(path: string, file: string): void {
    if (!statSync(file, { throwIfNoEntry: false })?.isFile())
      refuse(`${file} is to become the artifact ${path} and is no file`, 'a file that exists');
    this.log({ type: 'artifact', run: this.id, path, file: this.keep(path, { file }) });
  }

  table(path: string, columns: readonly string[], rows: readonly (readonly TableCell[])[]): void {
    if (!path.endsWith('.json')) refuse(`"${path}" cannot be the path of a table`, 'a path that ends with .json');
    const odd = rows.findIndex((row) => row.length !== columns.length);
    if (odd >= 0) refuse(`row ${odd} of the table ${path} has ${rows[odd]!.length} cells`, `${columns.length}, one for each column`);
    const file = this.keep(path, JSON.stringify({ columns, data: rows }));
    this.log({ type: 'table', run: this.id, path, file });
  }

  image(key: string, step: number, png: Uint8Array): void {
    checkStep(step);
    if (!Buffer.from(png.subarray(0, 4)).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47])))
      refuse(`the image ${key} is no PNG`, 'the bytes of a PNG file');
    const folder = key.replace(/[^A-Za-z0-9_\-. ]/g, '_').replace(/^\.+$/, '_') || '_';
    const file = this.keep(`images/${folder}/${step}-${this.images++}-${Date.now()}.png`, png);
    this.log({ type: 'image', run: this.id, key, step, file });
  }

  dataset({ name, digest, context, source, schema, profile }: DatasetInput): void {
    this.log({
      type: 'dataset',
      run: this.id,
      name,
      digest,
      context,
      source: JSON.stringify(typeof source === 'string' ? { uri: source } : (source ?? {})),
      schema: schema && JSON.stringify({ mlflow_colspec: Object.entries(schema).map(([column, type]) => ({ name: column, type })) }),
      profile: profile === undefined ? undefined : JSON.stringify(profile),
    });
  }

  note(markdown: string): void {
    this.log({ type: 'note', run: this.id, text: markdown });
  }

  startChild(start: RunStart): RunHandle {
    this.checkOpen();
    return this.startRun(start, this.id);
  }

  end(status: RunStatus): void {
    this.log({ type: 'end', run: this.id, status });
    this.ended = true;
    this.onEnd(this);
  }

  private keep(path: string, source: Uint8Array | string | { file: string }): string {
    this.checkOpen();
    return this.journal.keep(this.id, checkArtifactPath(path), source);
  }

  private log(fact: JournalFact): void {
    this.checkOpen();
    this.journal.append(fact);
  }

  private checkOpen(): void {
    if (this.ended) refuse(`the run "${this.name}" has ended`, 'nothing is logged after end()');
  }
}
