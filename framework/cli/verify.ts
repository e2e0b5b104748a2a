import { resolve } from 'node:path';
import type { Comparison } from '../contracts/index.js';
import { Fault, formatError, nearest } from '../faults/index.js';
import { PluginRegistry } from '../plugin/plugin-registry.js';
import { generatedPlugins } from '../plugin/registry.generated.js';
import type { BackendName } from '../tensor/backend/index.js';
import { chooseBackend, loadBackend } from '../tensor/backend/index.js';
import { useTensorflow } from '../tensor/index.js';
import { verifyCheckpoint, type Verification } from '../verify/verify-checkpoint.js';
import type { Command } from './command.js';
import { parseArguments } from './parse-arguments.js';

const passes = ({ difference, tolerance }: Comparison) => difference <= tolerance;

/** Comparisons of many weights become the worst of them, so that a table of a large model can be read. */
function summarised(comparisons: readonly Comparison[]): Comparison[] {
  const norms = comparisons.filter(({ what }) => what.startsWith('grad_norms.'));
  const worst = norms.reduce((most: Comparison | undefined, one) => (most && most.difference >= one.difference ? most : one), undefined);
  return comparisons.flatMap((one) => {
    if (!norms.includes(one) || !passes(one)) return [one];
    return one === worst ? [{ ...one, what: `grad_norms, worst of ${norms.length}` }] : [];
  });
}

function table({ folder, plugin, passed, comparisons }: Verification): string {
  const rows = summarised(comparisons).map((one) => {
    const number = (value: number) => (one.measure === 'unequal' ? String(value) : value.toExponential(1));
    return [one.what, number(one.difference), number(one.tolerance), one.measure, passes(one) ? 'ok' : 'FAIL'];
  });
  const all = [['compared', 'largest difference', 'tolerance', 'measure', ''], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => (column === 1 || column === 2 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  const failed = comparisons.filter((one) => !passes(one)).length;
  const verdict = passed ? `passed: ${comparisons.length} comparisons` : `FAILED: ${failed} of ${comparisons.length} comparisons`;
  return [`${folder}  (${plugin})`, ...lines, verdict].join('\n');
}

async function verify(folder: string, backend: 'auto' | BackendName): Promise<Verification & { backend: string }> {
  const choice = await chooseBackend({ backend });
  useTensorflow(await loadBackend(choice));
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort(new Fault('INTERRUPTED', 'interrupted'));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const log = { info: () => undefined, warn: (message: string) => void process.stderr.write(`${message}\n`) };
    const registry = new PluginRegistry(generatedPlugins);
    return { ...(await verifyCheckpoint(folder, { registry, log, signal: interrupt.signal })), backend: choice.name };
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

export const command: Command = {
  summary: 'prove that a checkpoint computes here what it does in transformers',
  help: `mienlab verify checkpoint DIR [--json] [--backend NAME]

Loads the checkpoint in DIR, computes what golden.json and golden.safetensors beside it hold reference values for (hidden states, logits,
loss, gradients, steps of AdamW, generated tokens), and prints the largest differences against their tolerances. DIR may be a LoRA adapter:
its base is then loaded as well; a vision tower; or a chain of tower, projector and LLM (docs/encoders.md). tools/export-golden.py makes the
reference values of your own LLM (docs/checkpoints.md).

  --json          the same as JSON on standard output
  --backend NAME  auto (the default), tensorflow, wasm, cpu or webgpu

Exit code 0 where all pass, 1 where some do not, 2 where a file is missing or damaged.`,
  async run(args) {
    const { positionals, flags, options } = parseArguments(args, { flags: ['json'], options: ['backend'] });
    const [what, folder, ...more] = positionals;
    if (what !== 'checkpoint' || folder === undefined || more.length) {
      throw new Fault('USAGE', what === 'checkpoint' ? 'name one folder' : `there is nothing to verify called "${what ?? ''}"`, {
        nearest: nearest(what ?? '', ['checkpoint']),
        hint: 'mienlab verify checkpoint DIR',
      });
    }
    try {
      const result = await verify(resolve(folder), (options.get('backend') ?? 'auto') as 'auto' | BackendName);
      console.log(flags.has('json') ? JSON.stringify(result, null, 2) : table(result));
      return result.passed ? 0 : 1;
    } catch (error) {
      if (!(error instanceof Fault) || !['ASSET_MISSING', 'CHECKPOINT_INVALID', 'TENSOR_SHAPE'].includes(error.code)) throw error;
      process.stderr.write(`${formatError(error)}\n`);
      return 2;
    }
  },
};
