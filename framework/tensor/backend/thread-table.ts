/** What a process does with tensors. TensorFlow's thread pools are sized once per process, so the two want processes of their own. */
export type TensorWork = 'training' | 'decoding';

/**
 * The only place where thread settings are made. Measured on two cores (tiny and 34 M parameter decoders, TensorFlow 2.21.0): training is
 * fastest with the defaults (one thread a core in both pools); decoding token by token is twice as fast with one intra-op thread and the
 * caller's own thread as inter-op pool (-1).
 */
const threadTable: Record<TensorWork, Record<string, string>> = {
  training: {},
  decoding: { TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '-1' },
};

/** The environment variables for a kind of work; to be set before TensorFlow is loaded, or given to a child process. */
export function threadEnvironment(work: TensorWork): Record<string, string> {
  return { ...threadTable[work] };
}

/** Hidden sizes of LLM heads up to this decode faster with the row `decoding`. */
const widestOnOneThread = 256;
/** Fewer tokens than this are generated sooner than another process has started. */
const fewestTokens = 20_000;

/** Where captions are generated in a run whose own process has the threads of training: `tokens` is the most that can come. */
export function decodingProcess({ hidden, tokens }: { hidden: number; tokens: number }): 'own' | 'same' {
  return hidden <= widestOnOneThread && tokens >= fewestTokens ? 'own' : 'same';
}
