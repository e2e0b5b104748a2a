const ttyIntervalMs = 100;
const plainIntervalMs = 5_000;
const plainColumns = 140;

/** Bytes as people read them: powers of ten, as disks and networks are sold. */
export function formatBytes(bytes: number): string {
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/** Seconds as people read them. */
export function formatSeconds(ms: number): string {
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** One line about what is going on: rewritten in place on a terminal, printed anew every five seconds elsewhere. */
export class ProgressLine {
  private last: number;
  private shown = false;
  private readonly onTerminal: boolean;

  constructor(
    private readonly stream: NodeJS.WriteStream | undefined,
    private readonly clock: () => number = () => performance.now(),
  ) {
    this.onTerminal = stream?.isTTY === true;
    this.last = this.onTerminal ? -Infinity : clock();
  }

  update(text: string): void {
    const now = this.clock();
    if (!this.stream || now - this.last < (this.onTerminal ? ttyIntervalMs : plainIntervalMs)) return;
    this.last = now;
    if (!this.onTerminal) {
      this.stream.write(`  ${text.slice(0, plainColumns)}\n`);
      return;
    }
    this.shown = true;
    this.stream.write(`\r\x1b[2K  ${text.slice(0, Math.max(20, (this.stream.columns ?? 80) - 3))}`);
  }

  /** How far a download or an unpacking is, how fast, and how long it will take. */
  bytes(what: string, done: number, total: number, startedAt: number): void {
    const seconds = (this.clock() - startedAt) / 1000;
    const rate = done / Math.max(seconds, 1e-3);
    const left = seconds > 1 ? `, ${formatBytes(rate)}/s, ${formatSeconds(((total - done) / rate) * 1000)} left` : '';
    this.update(`${what}: ${formatBytes(done)} of ${formatBytes(total)}${left}`);
  }

  clear(): void {
    if (this.shown) this.stream?.write('\r\x1b[2K');
    this.shown = false;
  }
}
