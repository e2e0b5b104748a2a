/**
 * The library's decoder of tokens such as <0x0A> drops a U+FEFF at the beginning; and where bytes are no UTF-8 Hugging Face's `tokenizers` gives
 * U+FFFD for each of them.
 */
export function mendByteFallback(decoder: unknown): void {
  const { decoders, config } = (decoder ?? {}) as { decoders?: unknown[]; config?: { type?: string } };
  decoders?.forEach(mendByteFallback);
  if (config?.type !== 'ByteFallback') return;
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decode = (bytes: Uint8Array) => {
    try {
      return strict.decode(bytes);
    } catch {
      return '\ufffd'.repeat(bytes.length);
    }
  };
  Object.assign(decoder as object, { text_decoder: { decode } });
}
