import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Comparison, GoldenFolder, VerifyContext } from 'mienlab/contracts';
import { Comparisons, GoldenValues } from 'mienlab/plugin';
import { readConfigFields, safetensorsSource } from 'mienlab/tensor';
import { decoderSpec } from '../checkpoint-config.js';
import { Decoder } from '../decoder.js';
import { verifyAdapter } from './verify-adapter.js';
import { verifyChain } from './verify-chain.js';
import { verifyForward } from './verify-forward.js';
import { verifyGeneration } from './verify-generation.js';
import { verifySplice } from './verify-splice.js';
import { verifyGradients, verifyTuning } from './verify-tuning.js';

/** Everything that a folder of a causal language model, of a LoRA adapter of one, or of a chain that ends in one, has reference values for. */
export async function verifyCausalLm(folder: GoldenFolder, context: VerifyContext): Promise<Comparison[]> {
  const { signal } = context;
  const golden = new GoldenValues(folder);
  const comparisons = new Comparisons(golden.float32Errors());
  if (golden.has('lm')) {
    await verifyChain(folder.folder, golden, comparisons, context);
    return comparisons.list;
  }
  if (!existsSync(join(folder.folder, 'config.json'))) {
    await verifyAdapter(folder.folder, golden, comparisons);
    return comparisons.list;
  }
  const spec = decoderSpec(readConfigFields(folder.folder));
  const source = safetensorsSource(folder.folder);
  const decoder = Decoder.load(spec, source);
  try {
    await verifyForward(decoder, golden, comparisons);
    if (golden.has('loss')) await verifyGradients(decoder, golden, comparisons);
    await verifySplice(decoder, golden, comparisons);
    await verifyGeneration(decoder, golden, comparisons, signal);
  } finally {
    decoder.dispose();
  }
  signal.throwIfAborted();
  await verifyTuning(() => Decoder.load(spec, source), golden, comparisons);
  return comparisons.list;
}
