import type { Variable } from '@tensorflow/tfjs';
import type { Encoder, LlmHead, ModelPart, Projector } from '../contracts/index.js';

/** The parts of a model in the order of the data. */
export interface Model {
  encoder: Encoder;
  projector: Projector;
  head: LlmHead;
}

/** All variables of the parts by `<part's kind>/<name>`, in a stable order. */
export function modelVariables({ encoder, projector, head }: Model): Record<string, Variable> {
  return namedVariables({ encoder, projector, 'llm-head': head });
}

/** All variables by `<part>/<name>`. */
export function namedVariables(parts: Readonly<Record<string, Pick<ModelPart, 'variables'>>>): Record<string, Variable> {
  return Object.fromEntries(
    Object.entries(parts).flatMap(([part, { variables }]) =>
      Object.entries(variables).map(([name, variable]) => [`${part}/${name}`, variable]),
    ),
  );
}
