/** Longest wait that a server may order, milliseconds. */
const most = 120_000;

/** Milliseconds to wait by the header `retry-after-ms` or `retry-after` (seconds, or a date: RFC 9110, 10.2.3); undefined without a sound one. */
export function retryAfter(headers: Headers, now = Date.now()): number | undefined {
  const [precise, plain] = [headers.get('retry-after-ms'), headers.get('retry-after')];
  const milliseconds =
    precise !== null ? Number(precise) : plain === null ? NaN : /^[\d.]+$/.test(plain) ? Number(plain) * 1000 : Date.parse(plain) - now;
  return Number.isFinite(milliseconds) ? Math.min(most, Math.max(0, milliseconds)) : undefined;
}
