import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Answers on disk, a file each, by the digest of everything that they depend on. Files are written aside and renamed, so that several
 * processes may share a folder; a file that cannot be read counts as absent.
 */
export class AnswerCache {
  constructor(private readonly folder: string) {}

  async get(key: unknown): Promise<string | undefined> {
    try {
      const { answer } = JSON.parse(await readFile(this.#file(key), 'utf8')) as { answer: unknown };
      return typeof answer === 'string' ? answer : undefined;
    } catch {
      return undefined;
    }
  }

  async set(key: unknown, answer: string): Promise<void> {
    const file = this.#file(key);
    const aside = `${file}.${randomUUID().slice(0, 8)}`;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(aside, `${JSON.stringify({ key, answer })}\n`);
    await rename(aside, file);
  }

  #file(key: unknown): string {
    const digest = createHash('sha256').update(JSON.stringify(key)).digest('hex');
    return join(this.folder, digest.slice(0, 2), `${digest}.json`);
  }
}
