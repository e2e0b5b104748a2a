/** A vision transformer (Dosovitskiy et al., 2021) as the families that transformers has differ in it. */
export interface VisionSpec {
  /** Width of a token. */
  hidden: number;
  /** Width of the MLP's inner layer. */
  inner: number;
  layers: number;
  heads: number;
  epsilon: number;
  activation: 'gelu' | 'gelu-tanh' | 'quick-gelu';
  /** Side of a patch, pixels. */
  patch: number;
  /** Side of the square images that the position table was learnt for, pixels. */
  image: number;
  /** Whether queries, keys and values have a bias. */
  queryKeyValueBias: boolean;
  /** Whether the patch layer has a bias. */
  patchBias: boolean;
  /** The tokens' own normalisation at the end, before `last_hidden_state`. CLIP has none there. */
  finalNorm: boolean;
  /** What `pooler_output` is: attention of a learned probe (SigLIP), the class token, normalised (CLIP), as it is (DINOv2), or through a tanh layer (ViT). */
  pooler: 'attention' | 'class-norm' | 'class' | 'class-tanh';
  names: VisionNames;
}

/** Names of the weights in the form of the hub's checkpoints, without what stands before all of them; a layer's follow on its own. */
export interface VisionNames {
  patch: string;
  positions: { name: string; rank: 2 | 3 };
  classToken: { name: string; rank: 1 | 3 } | null;
  /** A normalisation of patches and positions before the first layer (CLIP). */
  preNorm: string | null;
  layer: (index: number) => string;
  firstNorm: string;
  query: string;
  key: string;
  value: string;
  out: string;
  /** Factors on what attention and MLP add (DINOv2's layer scale, Touvron et al., 2021). */
  scales: readonly [string, string] | null;
  secondNorm: string;
  up: string;
  down: string;
  /** The normalisation at the end: of the tokens, or of the class token alone (CLIP). */
  norm: string;
  /** SigLIP's attention, ViT's tanh layer; null where there is nothing to learn. */
  pooler: string | null;
}

/** Patches of a side: what is over at the right or below is not seen, as in a convolution without padding. */
export function patchesOf(spec: Pick<VisionSpec, 'patch'>, pixels: number): number {
  return Math.floor(pixels / spec.patch);
}
