import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { Fault } from 'mienlab/faults';

const windowBytes = 1 << 16;

/** A file read front to back through a small window: what is skipped is not read, so the weights of a large model cost nothing. */
export class FileWindow {
  readonly size: number;
  position = 0;
  readonly #file: number;
  readonly #window = Buffer.allocUnsafe(windowBytes);
  #start = 0;
  #filled = 0;

  /** Throws Fault ASSET_MISSING where there is no such file. */
  constructor(readonly path: string) {
    try {
      this.#file = openSync(path, 'r');
    } catch (cause) {
      throw new Fault('ASSET_MISSING', `there is no ONNX model at ${path}`, { key: 'encoder.path', where: { source: path }, cause });
    }
    const stat = fstatSync(this.#file);
    this.size = stat.isFile() ? stat.size : 0;
  }

  byte(): number {
    if (this.position >= this.size) throw this.invalid('the file ends within a number');
    const at = this.position - this.#start;
    if (at < 0 || at >= this.#filled) {
      this.#start = this.position;
      this.#filled = readSync(this.#file, this.#window, 0, windowBytes, this.position);
    }
    return this.#window[this.position++ - this.#start]!;
  }

  text(length: number): string {
    const bytes = Buffer.allocUnsafe(length);
    for (let i = 0; i < length; i++) bytes[i] = this.byte();
    return bytes.toString('utf8');
  }

  invalid(why: string): Fault {
    return new Fault('CHECKPOINT_INVALID', `${this.path} is not a whole ONNX model: ${why}`, {
      key: 'encoder.path',
      where: { source: this.path },
      expected: 'a file that an exporter wrote, as torch.onnx.export does',
    });
  }

  close(): void {
    closeSync(this.#file);
  }
}
