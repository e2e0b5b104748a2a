import type { Port, TokenOrder } from '../contracts/index.js';
import { Fault } from '../faults/index.js';

/** Tokens of one kind, of frames or of faces, as they come to a projector. */
export interface VisualStream {
  /** Images a clip. */
  time: number;
  /** Tokens an image. */
  tokens: number;
  width: number;
  /** How an image's tokens lie, row by row; null where they are no grid. */
  grid: { rows: number; columns: number } | null;
}

/** All that a projector is told of the visual tokens before it. */
export interface VisualStreams {
  frames: VisualStream;
  /** Null for a run without faces. */
  faces: VisualStream | null;
  order: TokenOrder;
  /** Whether a learned vector stands before each run of embeddings of one kind. */
  separators: boolean;
}

/** What a projector makes of a stream: `tokens` embeddings for each of `steps` time steps. */
export interface ProjectedSize {
  steps: number;
  tokens: number;
}

/** A grid of patches averaged to a smaller one: `outRows` divides `rows`, `outColumns` divides `columns`. */
export interface GridPooling {
  rows: number;
  columns: number;
  outRows: number;
  outColumns: number;
}

/** The streams of a port of visual tokens. Throws Fault PORT_MISMATCH in the name of `plugin`, `projector linear` say, where a size is not known before the run. */
export function visualStreams(plugin: string, port: Port | undefined): VisualStreams {
  const { time, width, 'frame-tokens': frames, 'face-tokens': faces, ...dims } = port?.dims ?? {};
  if (!time || !width || !frames || faces === null || faces === undefined) {
    throw new Fault('PORT_MISMATCH', `${plugin}: the number of visual tokens is not known before the run`, {
      key: plugin.split(' ')[0],
      expected: 'visual-tokens {time, frame-tokens, face-tokens, width}, all of them numbers',
    });
  }
  const faceTime = dims['face-time'] ?? time;
  const faceWidth = dims['face-width'] ?? width;
  return {
    frames: { time, tokens: frames, width, grid: gridOf(frames, dims['frame-rows']) },
    faces: faces ? { time: faceTime, tokens: faces, width: faceWidth, grid: gridOf(faces, dims['face-rows']) } : null,
    order: port?.order ?? 'frames-first',
    separators: dims['separators'] === 1,
  };
}

/** Without rows that are known the grid is taken for a square one. */
function gridOf(tokens: number, rows: number | null | undefined): VisualStream['grid'] {
  const side = rows ?? Math.sqrt(tokens);
  return Number.isInteger(side) && tokens % side === 0 ? { rows: side, columns: tokens / side } : null;
}

/**
 * How the tokens of an image are averaged to `budget` of them: to the grid that the image's divides into whose cells are nearest to square.
 * Null where nothing is to be done: 0, or as many as there are. Throws Fault PORT_MISMATCH with what is possible.
 */
export function gridPooling({ tokens, grid }: VisualStream, budget: number, key: string): GridPooling | null {
  if (budget === 0 || budget === tokens) return null;
  // Tokens that are no grid have only their mean.
  const { rows, columns } = grid ?? { rows: tokens, columns: 1 };
  const divisors = (n: number) => Array.from({ length: n }, (_, i) => i + 1).filter((divisor) => n % divisor === 0);
  const all = grid
    ? divisors(rows).flatMap((outRows) => divisors(columns).map((outColumns) => ({ rows, columns, outRows, outColumns })))
    : [{ rows, columns, outRows: 1, outColumns: 1 }];
  const unevenness = ({ outRows, outColumns }: GridPooling) => Math.abs(Math.log(rows / outRows / (columns / outColumns)));
  const [best] = all
    .filter(({ outRows, outColumns }) => outRows * outColumns === budget)
    .sort((a, b) => unevenness(a) - unevenness(b) || a.outRows - b.outRows);
  if (best) return best;
  const known = [...new Set(all.map(({ outRows, outColumns }) => outRows * outColumns).concat(tokens))].sort((a, b) => a - b);
  const form = grid ? `${rows} x ${columns} patches` : `${tokens} tokens that are no grid`;
  throw new Fault('PORT_MISMATCH', `"${key}" is ${budget}, which an image of ${form} cannot be averaged to`, {
    key,
    expected: `one of ${known.join(', ')}, or 0: all`,
  });
}

/** The port of a projector that makes this of its streams. Throws Fault PORT_MISMATCH where time steps cannot be interleaved. */
export function embeddingsPort({ order, separators }: VisualStreams, frames: ProjectedSize, faces: ProjectedSize | null): Port {
  if (faces && order === 'interleaved' && frames.steps !== faces.steps) {
    const message = `${frames.steps} time steps of frames and ${faces.steps} of faces cannot be interleaved`;
    throw new Fault('PORT_MISMATCH', message, {
      expected: 'as many of both',
      hint: 'another order, or the same steps for frames and faces',
    });
  }
  const face = faces ? faces.steps * faces.tokens : 0;
  const runs = faces ? (order === 'interleaved' ? 2 * frames.steps : 2) : 1;
  const between = separators ? runs : 0;
  const dims = { tokens: frames.steps * frames.tokens + face + between, 'face-tokens': face, hidden: null };
  return { type: 'embeddings', dims: between ? { ...dims, separators: between } : dims };
}
