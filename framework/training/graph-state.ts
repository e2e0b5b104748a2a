import {
  inPortions,
  type CompiledGraph,
  type GraphBuilder,
  type GraphTensor,
  type GraphVariable,
  type GraphVariables,
} from '../tensor/index.js';

/** What goes in or out of a graph in one call. */
interface Portion {
  names: string[];
  reads: GraphTensor[];
  shapes: (readonly number[])[];
  feeds: GraphTensor[];
  done: GraphTensor;
}

const weightPrefix = 'weight/';
const size = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);

/**
 * The ways out of a graph and into it for trained weights (`weight/INDEX`) and what the optimiser keeps (by its names), so that the next graph, a
 * checkpoint or the model's own variables get them.
 */
export class GraphState {
  /** Weights or the optimiser's, never both in one. */
  readonly #portions: Portion[];

  constructor(
    builder: GraphBuilder,
    variables: GraphVariables,
    weights: readonly GraphVariable[],
    kept: Readonly<Record<string, GraphVariable>>,
  ) {
    const named = (list: readonly [string, GraphVariable][]) => inPortions(list, ([, { shape }]) => size(shape));
    const lists = [...named(weights.map((variable, i) => [`${weightPrefix}${i}`, variable])), ...named(Object.entries(kept))];
    this.#portions = lists.map((portion) => {
      const fed = portion.map(([, variable]) => variables.feed(variable));
      return {
        names: portion.map(([name]) => name),
        reads: portion.map(([, { read }]) => read),
        shapes: portion.map(([, { shape }]) => shape),
        feeds: fed.map(({ feed }) => feed),
        done: builder.group(fed.map(({ assign }) => assign)),
      };
    });
  }

  read(graph: CompiledGraph): Record<string, Float32Array> {
    return Object.fromEntries(this.#portions.flatMap((portion) => valuesOf(graph, portion)));
  }

  /** Weights by index, a portion in memory at a time. */
  *weights(graph: CompiledGraph): Generator<[number, Float32Array]> {
    for (const portion of this.#portions) {
      if (!portion.names[0]!.startsWith(weightPrefix)) continue;
      for (const [name, values] of valuesOf(graph, portion)) yield [Number(name.slice(weightPrefix.length)), values];
    }
  }

  /** Portions of which there is nothing stay as they are. */
  write(graph: CompiledGraph, values: Readonly<Record<string, Float32Array>>): void {
    for (const { names, shapes, feeds, done } of this.#portions) {
      if (!values[names[0]!]) continue;
      const fed = names.map((name, i) => ({ data: values[name]!, shape: shapes[i]! }));
      graph.run(feeds, fed, [done]);
    }
  }
}

function valuesOf(graph: CompiledGraph, { names, reads }: Portion): [string, Float32Array][] {
  const values = graph.run([], [], reads) as Float32Array[];
  return names.map((name, i) => [name, values[i]!]);
}
