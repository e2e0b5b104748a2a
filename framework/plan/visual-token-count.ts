import type { Port } from '../contracts/index.js';

/** Visual embeddings of a sample; null where one is known only at run time. */
export interface VisualTokenCount {
  /** Those of the whole frames. */
  global: number | null;
  /** Those of the principal face. */
  face: number | null;
  separators: number;
  total: number | null;
}

/** What a port of embeddings says of a sample's visual tokens. */
export function visualTokenCount({ dims }: Port): VisualTokenCount {
  const { tokens: total = null, 'face-tokens': face = null, separators } = dims;
  const between = separators ?? 0;
  return { global: total === null || face === null ? null : total - face - between, face, separators: between, total };
}

/** In words: `16 visual tokens: 8 global, 8 face`. */
export function visualTokenText({ global, face, separators, total }: VisualTokenCount): string {
  if (total === null) return 'any number of visual tokens';
  if (global === null) return `${total} visual tokens`;
  return `${total} visual tokens: ${global} global, ${face} face${separators ? `, ${separators} separators` : ''}`;
}
