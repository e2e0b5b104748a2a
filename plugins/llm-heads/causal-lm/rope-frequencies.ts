import type { DecoderSpec } from './decoder-spec.js';

/** One rotation a pair of elements, radians a position, as transformers' ROPE_INIT_FUNCTIONS gives them (float32 throughout). */
export function ropeFrequencies({ headSize, rope: { theta, scaling } }: DecoderSpec): Float32Array {
  const frequencies = Float32Array.from({ length: headSize / 2 }, (_, i) => 1 / Math.fround(theta ** Math.fround((2 * i) / headSize)));
  if (scaling.type === 'default') return frequencies;
  if (scaling.type === 'linear') return frequencies.map((frequency) => frequency / scaling.factor);
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContext } = scaling;
  return frequencies.map((frequency) => {
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength > originalContext / low) return frequency / factor;
    if (wavelength < originalContext / high) return frequency;
    const kept = (originalContext / wavelength - low) / (high - low);
    return ((1 - kept) * frequency) / factor + kept * frequency;
  });
}
