/** Low-rank adaptation (LoRA; Hu et al., 2022) as PEFT's LoraConfig has it. */
export interface LoraConfig {
  /** Rank of the additions, `r`. */
  rank: number;
  alpha: number;
  /** Share of the input that the additions do not see while they are trained, 0..1. */
  dropout: number;
  /** Linear layers by name, or by the end of it; or all but the output layer. */
  targets: 'all-linear' | readonly string[];
  /** Layers whose targets are adapted, from 0; all where it is left out. Targets by their whole name are adapted in any case. */
  layers?: readonly number[];
  /** Scaling by alpha / sqrt(r) in place of alpha / r (rsLoRA; Kalajdzievski, 2023). */
  rankStabilised: boolean;
}

/** The factor of B A. */
export function loraScaling({ rank, alpha, rankStabilised }: Pick<LoraConfig, 'rank' | 'alpha' | 'rankStabilised'>): number {
  return alpha / (rankStabilised ? Math.sqrt(rank) : rank);
}
