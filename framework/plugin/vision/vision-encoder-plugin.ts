import type { PluginConfig, PluginManifest } from '../../contracts/index.js';
import { isOfFamily, type VisionFamily } from './vision-family.js';
import { visionLora, visionPlan, visionSchema, type VisionOptions } from './vision-options.js';

type Shared = Pick<
  PluginManifest<'encoder'>,
  'config' | 'consumes' | 'input' | 'produces' | 'frozen' | 'verifier' | 'deterministic' | 'create'
>;

/** All of a manifest that the encoders with a vision tower of Hugging Face's have in common. `selects` are the tokens that the family has. */
export function visionEncoder(name: string, family: VisionFamily, selects: readonly VisionOptions['select'][]): Shared {
  const planned = (config: PluginConfig) => {
    const options = config as unknown as VisionOptions;
    visionLora(name, options);
    return visionPlan(name, family, options);
  };
  return {
    config: visionSchema(selects),
    consumes: ['frames', 'tracks'],
    input: (config) => planned(config).input,
    produces: (config, { frames, tracks }) => {
      const { tokens, spec } = planned(config);
      return {
        type: 'visual-tokens',
        dims: {
          time: frames?.dims['count'] ?? null,
          'frame-tokens': tokens.frame,
          'face-tokens': tracks?.dims['principal'] ? tokens.face : 0,
          width: spec.hidden,
        },
      };
    },
    frozen: ({ trainable, lora }) => !trainable && !lora,
    verifier: {
      accepts: (config) => isOfFamily(config, family),
      verify: async (golden) => {
        const { verifyVisionTower } = await import('./verify-vision-tower.js');
        return verifyVisionTower(golden, family);
      },
      hiddenStates: async (folder, pixels, layer) => {
        const { visionStates } = await import('./verify-vision-tower.js');
        return visionStates(folder, family, pixels, layer);
      },
    },
    deterministic: true,
    create: async (context, config) => {
      const { VisionEncoder } = await import('./vision-encoder.js');
      return VisionEncoder.create(name, family, context, config as unknown as VisionOptions);
    },
  };
}
