import { Fault } from '../../faults/index.js';
import { checkWeights, type WeightShapes } from '../checkpoint/load-weights.js';
import type { WeightSource } from '../weight-source.js';
import { patchesOf, type VisionSpec } from './vision-spec.js';

/** What of a tower is computed: `layers` of them (all where it is left out), the last norm, and the pooler. */
export interface VisionExtent {
  layers: number;
  norm: boolean;
  pooler: boolean;
}

/** Names and shapes of the weights that this much of a tower needs; linear layers are [out, in]. */
export function visionWeightShapes(spec: VisionSpec, { layers, norm, pooler }: VisionExtent): WeightShapes {
  const { hidden, inner, patch, image, names } = spec;
  const shapes: Record<string, readonly number[]> = {};
  const linear = (name: string, out: number, width: number, bias = true) => {
    shapes[`${name}.weight`] = [out, width];
    if (bias) shapes[`${name}.bias`] = [out];
  };
  const normal = (name: string) => {
    shapes[`${name}.weight`] = [hidden];
    shapes[`${name}.bias`] = [hidden];
  };
  const { classToken, positions, preNorm, pooler: head } = names;
  if (classToken) shapes[classToken.name] = classToken.rank === 1 ? [hidden] : [1, 1, hidden];
  shapes[`${names.patch}.weight`] = [hidden, 3, patch, patch];
  if (spec.patchBias) shapes[`${names.patch}.bias`] = [hidden];
  const places = patchesOf(spec, image) ** 2 + (classToken ? 1 : 0);
  shapes[positions.name] = positions.rank === 2 ? [places, hidden] : [1, places, hidden];
  if (preNorm) normal(preNorm);
  for (let i = 0; i < layers; i++) {
    const layer = names.layer(i);
    normal(`${layer}.${names.firstNorm}`);
    for (const part of [names.query, names.key, names.value]) linear(`${layer}.${part}`, hidden, hidden, spec.queryKeyValueBias);
    linear(`${layer}.${names.out}`, hidden, hidden);
    for (const scale of names.scales ?? []) shapes[`${layer}.${scale}`] = [hidden];
    normal(`${layer}.${names.secondNorm}`);
    linear(`${layer}.${names.up}`, inner, hidden);
    linear(`${layer}.${names.down}`, hidden, inner);
  }
  if ((norm && spec.finalNorm) || (pooler && spec.pooler === 'class-norm')) normal(names.norm);
  if (pooler && head) {
    if (spec.pooler === 'class-tanh') linear(head, hidden, hidden);
    else {
      shapes[`${head}.probe`] = [1, 1, hidden];
      shapes[`${head}.attention.in_proj_weight`] = [3 * hidden, hidden];
      shapes[`${head}.attention.in_proj_bias`] = [3 * hidden];
      linear(`${head}.attention.out_proj`, hidden, hidden);
      normal(`${head}.layernorm`);
      linear(`${head}.mlp.fc1`, inner, hidden);
      linear(`${head}.mlp.fc2`, hidden, inner);
    }
  }
  return shapes;
}

/** Buffers, and what is learnt for training alone. */
const spare = /(^|\.)(embeddings\.position_ids|embeddings\.mask_token)$/;

/**
 * The tower's part of a checkpoint, under the names that the spec has: a checkpoint may hold it below any prefix (`vision_model.`,
 * `model.vision_tower.vision_model.`, `vit.`) beside other models, and under the names that transformers 5 has for it, which `rename` turns into
 * the hub's. Checked against the shapes that are needed.
 * Throws Fault CHECKPOINT_INVALID where there is no tower, or several, or it is not the spec's.
 */
export function visionSource(source: WeightSource, spec: VisionSpec, extent: VisionExtent, rename: (name: string) => string): WeightSource {
  const mark = `${spec.names.patch}.weight`;
  const marked = [...source.tensors.keys()].filter((name) => name === mark || name.endsWith(`.${mark}`));
  if (marked.length !== 1) {
    const why = marked.length
      ? `there are several vision towers: ${marked.join(', ')}`
      : `there is no vision tower: no tensor is called ${mark}`;
    throw new Fault('CHECKPOINT_INVALID', `${source.files.join(', ')}: ${why}`, { where: { source: source.files[0]! } });
  }
  const prefix = marked[0]!.slice(0, -mark.length);
  const own = [...source.tensors].filter(([name]) => name.startsWith(prefix));
  const stored = new Map(own.map(([name]) => [rename(name.slice(prefix.length)), name]));
  const part: WeightSource = {
    files: source.files,
    tensors: new Map(own.map(([name, tensor]) => [rename(name.slice(prefix.length)), tensor])),
    read: (name) => source.read(stored.get(name) ?? name),
  };
  const all = visionWeightShapes(spec, { layers: spec.layers, norm: true, pooler: true });
  checkWeights(part, visionWeightShapes(spec, extent), (name) => Object.hasOwn(all, name) || spare.test(name));
  return part;
}
