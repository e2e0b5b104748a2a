import type { ConfigFields } from '../checkpoint/config-fields.js';
import type { VisionSpec } from './vision-spec.js';

type Sizes = Pick<VisionSpec, 'hidden' | 'inner' | 'layers' | 'heads' | 'epsilon' | 'activation' | 'patch' | 'image'>;

const activations: Readonly<Record<string, VisionSpec['activation']>> = {
  gelu: 'gelu',
  gelu_new: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
  quick_gelu: 'quick-gelu',
};

/**
 * What the families' config.json have in common; what is left out has the defaults of transformers' config classes, of which those that differ
 * are given. Throws Fault CHECKPOINT_INVALID with file and key for what is not supported or contradicts itself.
 */
export function visionSizes(
  config: ConfigFields,
  usual: { patch: number; epsilon: number; activation: string; inner?: (config: ConfigFields, hidden: number) => number },
): Sizes {
  const hidden = config.integer('hidden_size', 768);
  const heads = config.integer('num_attention_heads', 12);
  if (hidden % heads !== 0) throw config.invalid('num_attention_heads', `${heads} does not divide hidden_size ${hidden}`);
  const channels = config.integer('num_channels', 3);
  if (channels !== 3) throw config.invalid('num_channels', `it is ${channels}, frames have red, green and blue`, { expected: '3' });
  const image = config.integer('image_size', 224);
  const patch = config.integer('patch_size', usual.patch);
  if (patch > image) throw config.invalid('patch_size', `${patch} is more than image_size ${image}`);
  return {
    hidden,
    inner: usual.inner ? usual.inner(config, hidden) : config.integer('intermediate_size', 3072),
    layers: config.integer('num_hidden_layers', 12),
    heads,
    epsilon: config.positive('layer_norm_eps', usual.epsilon),
    activation: activations[config.choice('hidden_act', Object.keys(activations), usual.activation)]!,
    patch,
    image,
  };
}
