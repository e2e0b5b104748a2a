import type { Encoder, VisualBytes, VisualFeatures } from '../contracts/index.js';
import { tensorflow, tidy, toTensors } from '../tensor/index.js';

/** An encoder's tokens of these pixels, outside the tensor library. */
export type ExtractTokens = (pixels: VisualBytes) => Promise<VisualFeatures>;

/** The encoder's own way, where it has one, else `encode` without gradients. */
export function extractTokens(encoder: Encoder): ExtractTokens {
  return encoder.extract ? (pixels) => encoder.extract!(pixels) : (pixels) => encoded(encoder, pixels);
}

async function encoded(encoder: Encoder, { frames, faces }: VisualBytes): Promise<VisualFeatures> {
  const tokens = tidy(() => {
    const pixels = toTensors({ frames, ...(faces && { faces }) });
    return encoder.encode({ frames: pixels.frames, faces: pixels.faces ?? null } as Parameters<Encoder['encode']>[0]);
  });
  try {
    const [ofFrames, ofFaces] = await Promise.all([tokens.frames.data(), tokens.faces?.data()]);
    return {
      frames: { data: ofFrames as Float32Array, shape: tokens.frames.shape },
      faces: tokens.faces && { data: ofFaces as Float32Array, shape: tokens.faces.shape },
    };
  } finally {
    tensorflow().dispose([tokens.frames, ...(tokens.faces ? [tokens.faces] : [])]);
  }
}
