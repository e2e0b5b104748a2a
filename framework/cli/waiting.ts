/** A progress line on stderr for something whose length nobody knows: rewritten in place on a terminal, else told every ten seconds. */
export function waiting(what: string, hint = ''): (elapsedMs: number) => void {
  let told = 0;
  return (elapsedMs) => {
    const text = `${what} ${Math.round(elapsedMs / 1000)} s${hint && ` (${hint})`}`;
    if (process.stderr.isTTY) process.stderr.write(`\r${text}\u001b[K`);
    else if (elapsedMs - told >= 10_000) {
      told = elapsedMs;
      process.stderr.write(`${text}\n`);
    }
  };
}
