import { Fault } from '../../faults/index.js';
import { protoBytes, protoFields, protoNumber } from './protobuf.js';

/** Fields of onnx.proto (github.com/onnx/onnx). */
const modelGraph = 7;
const graph = { node: 1, initializer: 5, input: 11, output: 12, valueInfo: 13 } as const;
const initializerName = 8;
const valueName = 1;
const node = { input: 1, output: 2 } as const;
const float32 = 1;

interface Freed {
  model: Uint8Array;
  /** Names of the outputs, in the order of the file. */
  outputs: string[];
}

export interface FreeShapesOptions {
  /** Dimensions of the inputs by name: a number, or a name for what is known only at run time. */
  inputs: Readonly<Record<string, readonly (number | string)[]>>;
  /** Gives what goes into the last node before each output instead: that of a reshape to static sizes, say. */
  beforeLast?: boolean;
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');
const nameOf = (message: Uint8Array, field: number) => {
  for (const part of protoFields(message)) if (part.field === field) return text(part.content);
  return '';
};
const namesOf = (message: Uint8Array, field: number) =>
  [...protoFields(message)].filter((part) => part.field === field).map(({ content }) => text(content));

/** ValueInfoProto: name 1, type 2 { tensor_type 1 { elem_type 1, shape 2 { dim 1 { dim_value 1, dim_param 2 } } } }. */
function valueInfo(name: string, dims?: readonly (number | string)[]): Uint8Array {
  const dim = (side: number | string) => protoBytes(1, typeof side === 'number' ? protoNumber(1, side) : protoBytes(2, side));
  const shape = dims ? [protoBytes(2, ...dims.map(dim))] : [];
  return Buffer.concat([protoBytes(1, name), protoBytes(2, protoBytes(1, protoNumber(1, float32), ...shape))]);
}

function freeGraph(content: Uint8Array, { inputs, beforeLast }: FreeShapesOptions): { graph: Uint8Array; outputs: string[] } {
  const parts = [...protoFields(content)];
  const weights = new Set(parts.filter(({ field }) => field === graph.initializer).map((part) => nameOf(part.content, initializerName)));
  const feeds = new Map<string, string>();
  for (const part of parts) {
    if (part.field !== graph.node) continue;
    const [source] = namesOf(part.content, node.input);
    for (const output of namesOf(part.content, node.output)) feeds.set(output, source ?? output);
  }
  const found: string[] = [];
  const outputs: string[] = [];
  const kept: Uint8Array[] = [];
  for (const part of parts) {
    if (part.field === graph.input) {
      const name = nameOf(part.content, valueName);
      // Until IR version 4 weights were listed as inputs; what may change cannot be folded into its neighbours.
      if (weights.has(name)) continue;
      const dims = inputs[name];
      if (!dims) throw new RangeError(`it has an input "${name}"`);
      found.push(name);
      kept.push(protoBytes(graph.input, valueInfo(name, dims)));
    } else if (part.field === graph.output) {
      const name = nameOf(part.content, valueName);
      const output = beforeLast ? (feeds.get(name) ?? name) : name;
      outputs.push(output);
      kept.push(protoBytes(graph.output, valueInfo(output)));
    } else if (part.field !== graph.valueInfo) kept.push(part.whole);
  }
  const missing = Object.keys(inputs).filter((name) => !found.includes(name));
  if (missing.length) throw new RangeError(`it has no input "${missing.join('", "')}"`);
  return { graph: Buffer.concat(kept), outputs };
}

/**
 * An ONNX model whose inputs take other sizes than the file says, its float32 outputs then have what comes of them; the weights and nodes stay as
 * they are. `source` names the file in faults.
 * @throws Fault CHECKPOINT_INVALID where it is no whole ONNX model or has other inputs
 */
export function freeOnnxShapes(model: Uint8Array, source: string, options: FreeShapesOptions): Freed {
  try {
    let outputs: string[] | undefined;
    const parts: Uint8Array[] = [];
    for (const part of protoFields(model)) {
      if (part.field !== modelGraph) {
        parts.push(part.whole);
        continue;
      }
      const freed = freeGraph(part.content, options);
      ({ outputs } = freed);
      parts.push(protoBytes(modelGraph, freed.graph));
    }
    if (!outputs) throw new RangeError('it holds no graph');
    return { model: Buffer.concat(parts), outputs };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new Fault('CHECKPOINT_INVALID', `${source} is not the ONNX model it should be: ${cause.message}`, { where: { source }, cause });
  }
}
