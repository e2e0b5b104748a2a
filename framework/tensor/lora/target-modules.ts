import type { WeightShapes } from '../checkpoint/load-weights.js';
import type { LoraConfig } from './lora-config.js';

/** What has the form of a linear layer's weight and is a table. */
const tables = /(^|\.)(embed_tokens|position_embedding)\.weight$/;

/** Linear layers of a model by name, in the checkpoint's order, with their weight's shape [out, in]. */
export function linearModules(shapes: WeightShapes): Map<string, readonly [number, number]> {
  const modules = new Map<string, readonly [number, number]>();
  for (const [name, shape] of Object.entries(shapes)) {
    if (shape.length === 2 && name.endsWith('.weight') && !tables.test(name))
      modules.set(name.slice(0, -'.weight'.length), [shape[0]!, shape[1]!]);
  }
  return modules;
}

/** Does a module's name, or the end of it after a dot, match? PEFT's rule for lists. */
export function endsWithName(module: string, name: string): boolean {
  return module === name || module.endsWith(`.${name}`);
}

export interface TargetModules {
  /** In the checkpoint's order. */
  modules: string[];
  /** Targets that no module matches. */
  unmatched: string[];
}

/** The linear layers that a config adapts, by PEFT's rules (check_target_module_exists in peft/tuners/tuners_utils.py). */
export function targetModules(shapes: WeightShapes, { targets, layers }: Pick<LoraConfig, 'targets' | 'layers'>): TargetModules {
  const all = [...linearModules(shapes).keys()];
  const inLayers = (module: string) => {
    if (!layers?.length) return true;
    const index = /^.*?\.[^.]*\.(\d+)\./.exec(module)?.[1];
    return index !== undefined && layers.includes(Number(index));
  };
  if (targets === 'all-linear') return { modules: all.filter((module) => module !== 'lm_head' && inLayers(module)), unmatched: [] };
  const matches = (module: string, target: string) => module === target || (endsWithName(module, target) && inLayers(module));
  return {
    modules: all.filter((module) => targets.some((target) => matches(module, target))),
    unmatched: targets.filter((target) => !all.some((module) => matches(module, target))),
  };
}
