/** Rotary embedding (Su et al., 2021): angle = position * frequency. */
export type RopeScaling =
  | { type: 'default' }
  /** All frequencies divided by the factor (position interpolation; Chen et al., 2023). */
  | { type: 'linear'; factor: number }
  /** Long wavelengths divided by the factor, short ones kept, a ramp between (Llama 3.1; transformers' _compute_llama3_parameters). */
  | { type: 'llama3'; factor: number; lowFrequencyFactor: number; highFrequencyFactor: number; originalContext: number };

/** What a decoder of the Llama family is made of: pre-norm blocks of grouped-query attention with rotary positions and a SwiGLU MLP. */
export interface DecoderSpec {
  family: 'llama' | 'qwen2' | 'qwen3' | 'mistral';
  vocabulary: number;
  hidden: number;
  /** Width inside the MLP. */
  inner: number;
  layers: number;
  heads: number;
  /** Heads of keys and values; each serves heads / keyValueHeads heads of queries. */
  keyValueHeads: number;
  headSize: number;
  /** max_position_embeddings: tokens that the checkpoint was made for. */
  contextLength: number;
  rope: { theta: number; scaling: RopeScaling };
  /** RMS norm's epsilon. */
  epsilon: number;
  /** RMS norm over each head of queries and keys, before the rotation. */
  headNorm: boolean;
  /** Which linear layers have a bias. */
  bias: { queryKeyValue: boolean; output: boolean; mlp: boolean };
  /** For each layer: how many tokens, itself included, a token looks back at; null: all. */
  windows: readonly (number | null)[];
  /** Token whose embedding is never learnt as input (torch's padding_idx); null: none. */
  padding: number | null;
  /** The output layer is the embedding table. */
  tied: boolean;
}
