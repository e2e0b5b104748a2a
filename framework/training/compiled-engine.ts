import type { Tensor, Variable } from '@tensorflow/tfjs';
import type { HostArray, HostBatch } from '../contracts/index.js';
import {
  CompiledGraph,
  dataTypes,
  GraphBuilder,
  GraphVariables,
  tensorflow,
  trace,
  type GraphTensor,
  type GraphVariable,
  type InputSpec,
  type StoredTensor,
} from '../tensor/index.js';
import { GraphOptimizer } from './graph-optimizer.js';
import { GraphState } from './graph-state.js';
import { sumOfLosses } from './loss-values.js';
import { slotNames, type OptimizerState } from './optimizer.js';
import type { Losses, ExpectedCall, LossValues, StepEngine, StepEngineOptions, StepKind, StepResult } from './step-engine.js';
import { storedValues } from './stored-state.js';

/** What a call of the graph does: a whole step; its part for one of several micro-batches; losses alone. */
type Purpose = 'step' | 'accumulate' | 'losses';

interface CallKey {
  purpose: Purpose;
  kind: StepKind;
  specs: Record<string, InputSpec>;
}

interface Call {
  names: string[];
  inputs: GraphTensor[];
  /** Caption, auxiliary and norm, as far as there are. */
  outputs: GraphTensor[];
  caption: boolean;
  auxiliary: boolean;
  /** For each variable whether it has a gradient. */
  trained: boolean[];
}

/** The update from accumulated gradients, for one kind of step. */
interface Update {
  inputs: GraphTensor[];
  outputs: GraphTensor[];
}

/** All that is settled when a graph is made. */
interface Compiled {
  graph: CompiledGraph;
  calls: Map<string, Call>;
  updates: Map<StepKind, Update>;
  optimizer: GraphOptimizer;
  state: GraphState;
}

const float = { type: dataTypes.float };

/**
 * Compiles a step into a TensorFlow graph for each set of shapes that is expected or comes up: forward pass, gradients, clipping and the update of weights
 * and moments that live in the graph's own variables. Until `sync`, the variables it was made for keep their old values.
 * Throws Fault TENSOR_UNTRACEABLE where the model cannot be traced.
 */
export class CompiledEngine implements StepEngine {
  readonly #known = new Map<string, CallKey>();
  /** By `<part>/<name>`, of all groups. */
  readonly #variables: readonly { name: string; variable: Variable; group: number }[];
  readonly #updates: number[];
  #compiled: Compiled | undefined;
  /** What `restore` was given before there was a graph. */
  #restored: Readonly<Record<string, Float32Array>> | undefined;

  constructor(private readonly options: StepEngineOptions) {
    this.#variables = options.groups.flatMap(({ variables }, group) =>
      Object.entries(variables).map(([name, variable]) => ({ name, variable, group })),
    );
    this.#updates = this.#variables.map(() => 0);
  }

  step(kind: StepKind, microBatches: readonly HostBatch[], rates: readonly number[]): Promise<StepResult> {
    const purpose = purposeOf(microBatches);
    const { graph, optimizer, updates, calls } = this.#compiledFor(purpose, kind, microBatches);
    const current = microBatches.map((batch) => calls.get(keyOf(purpose, kind, batch))!);
    this.#variables.forEach((_, i) => (this.#updates[i]! += current.some(({ trained }) => trained[i]) ? 1 : 0));
    const told = optimizer.rates(
      this.#variables.map(({ group }) => rates[group]!),
      this.#updates,
    );
    let losses: LossValues = { caption: null, auxiliary: null };
    let gradientNorm = 0;
    current.forEach((call, i) => {
      const batch = microBatches[i]!;
      const fed = call.names.map((name) => batch[name]!);
      const values = graph.run(call.inputs, purpose === 'step' ? [...fed, told] : fed, call.outputs).map(([value]) => value!);
      losses = sumOfLosses(losses, lossesOf(call, values));
      if (purpose === 'step') gradientNorm = values.at(-1)!;
    });
    if (purpose === 'accumulate') {
      const { inputs, outputs } = updates.get(kind)!;
      gradientNorm = graph.run(inputs, [told], outputs)[0]![0]!;
    }
    return Promise.resolve({ ...losses, gradientNorm });
  }

  losses(kind: StepKind, batch: HostBatch): Promise<LossValues> {
    const { graph, calls } = this.#compiledFor('losses', kind, [batch]);
    const call = calls.get(keyOf('losses', kind, batch))!;
    const fed = call.names.map((name) => batch[name]!);
    const values = graph.run(call.inputs, fed, call.outputs).map(([value]) => value!);
    return Promise.resolve(lossesOf(call, values));
  }

  expect(calls: readonly ExpectedCall[]): void {
    for (const { kind, call, batches } of calls) {
      const purpose = call === 'losses' ? call : purposeOf(batches);
      for (const batch of batches) this.#known.set(keyOf(purpose, kind, batch), { purpose, kind, specs: specsOf(batch) });
    }
  }

  state(): Promise<OptimizerState> {
    const kept = this.#compiled?.state.read(this.#compiled.graph) ?? this.#restored ?? {};
    const { optimizer } = this.options;
    const state: Record<string, StoredTensor> = {};
    this.#variables.forEach(({ name, variable: { shape, size } }, i) => {
      for (const slot of slotNames(optimizer).map((what) => `${name}/${what}`)) {
        state[slot] = { shape, data: kept[slot] ?? new Float32Array(size) };
      }
      // Exact up to 2^24 updates.
      if (optimizer.name === 'adamw') state[`${name}/updates`] = { shape: [], data: Float32Array.of(this.#updates[i]!) };
    });
    return Promise.resolve(state);
  }

  restore(state: OptimizerState): void {
    const { optimizer } = this.options;
    this.#restored = Object.fromEntries(
      this.#variables.flatMap(({ name, variable: { shape } }) =>
        slotNames(optimizer).map((what) => [`${name}/${what}`, storedValues(state, `${name}/${what}`, shape)]),
      ),
    );
    if (optimizer.name !== 'adamw') return;
    this.#variables.forEach(({ name }, i) => (this.#updates[i] = storedValues(state, `${name}/updates`, [])[0]!));
  }

  sync(): Promise<void> {
    if (this.#compiled) {
      const tf = tensorflow();
      const { graph, state } = this.#compiled;
      for (const [i, values] of state.weights(graph)) {
        const { variable } = this.#variables[i]!;
        tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
      }
    }
    return Promise.resolve();
  }

  dispose(): void {
    this.#compiled?.graph.dispose();
    this.#compiled = undefined;
  }

  /** The graph, with calls for batches of these shapes. */
  #compiledFor(purpose: Purpose, kind: StepKind, batches: readonly HostBatch[]): Compiled {
    const wanted = new Map(batches.map((batch) => [keyOf(purpose, kind, batch), batch]));
    const missing = [...wanted].filter(([key]) => !this.#compiled?.calls.has(key));
    if (!missing.length) return this.#compiled!;
    for (const [key, batch] of missing) this.#known.set(key, { purpose, kind, specs: specsOf(batch) });
    try {
      return this.#compile();
    } catch (error) {
      for (const [key] of missing) this.#known.delete(key);
      throw error;
    }
  }

  /** A graph with all calls known so far: sessions share no variables. What the graph before had learned goes over. */
  #compile(): Compiled {
    const { optimizer: settings, groups } = this.options;
    const builder = new GraphBuilder();
    const variables = new GraphVariables(builder);
    const weights = this.#variables.map(({ variable }) => variables.variable(variable));
    const parameters = this.#variables.map(({ name, group }, i) => ({
      name,
      variable: weights[i]!,
      weightDecay: groups[group]!.weightDecay,
    }));
    const optimizer = new GraphOptimizer(builder, variables, parameters, settings);
    const accumulates = [...this.#known.values()].some(({ purpose }) => purpose === 'accumulate');
    const sums = accumulates ? weights.map(({ shape }) => variables.zeros(shape)) : [];
    const calls = new Map([...this.#known].map(([key, call]) => [key, this.#trace(builder, variables, optimizer, sums, call)]));
    const updates = new Map<StepKind, Update>();
    for (const [key, { purpose, kind }] of this.#known) {
      if (purpose === 'accumulate' && !updates.has(kind))
        updates.set(kind, this.#update(builder, variables, optimizer, sums, calls.get(key)!));
    }
    const state = new GraphState(builder, variables, weights, optimizer.state);
    const fill = variables.finish();
    const kept = this.#compiled?.state.read(this.#compiled.graph);
    const graph = new CompiledGraph(builder);
    this.#compiled?.graph.dispose();
    this.#compiled = { graph, calls, updates, optimizer, state };
    fill(graph);
    const before = kept ?? this.#restored;
    if (before) state.write(graph, before);
    this.#restored = undefined;
    return this.#compiled;
  }

  #trace(
    builder: GraphBuilder,
    variables: GraphVariables,
    optimizer: GraphOptimizer,
    sums: readonly GraphVariable[],
    { purpose, kind, specs }: CallKey,
  ): Call {
    const tf = tensorflow();
    const { forward, clip, precision } = this.options;
    let there = { caption: false, auxiliary: false };
    const body = (tensors: Record<string, Tensor>) => {
      let kept: (Tensor | null)[] = [];
      const keep = ({ caption, auxiliary, total }: Losses) => {
        there = { caption: caption !== null, auxiliary: auxiliary !== null };
        kept = [caption && tf.keep(caption), auxiliary && tf.keep(auxiliary)];
        return total;
      };
      if (purpose === 'losses') {
        keep(forward(kind, tensors));
        return kept;
      }
      const list = this.#variables.map(({ variable }) => variable);
      const { grads } = tf.variableGrads(() => keep(forward(kind, tensors)), list);
      return [...kept, ...list.map(({ name }) => grads[name] ?? null)];
    };
    const { inputs, outputs } = trace(builder, specs, variables, body, { precision });
    const [caption, auxiliary, ...gradients] = outputs;
    const call = { names: Object.keys(inputs), ...there, trained: gradients.map((gradient) => gradient !== null) };
    const losses = [caption, auxiliary].filter((tensor) => tensor !== null && tensor !== undefined);
    const fetched = (tensors: readonly GraphTensor[], after: readonly GraphTensor[]) =>
      tensors.map((tensor) => builder.node('Identity', [tensor], { T: float }, { after }));
    if (purpose === 'losses') return { ...call, inputs: Object.values(inputs), outputs: fetched(losses, []) };
    if (purpose === 'accumulate') {
      const added = gradients.flatMap((gradient, i) =>
        gradient === null ? [] : [builder.node('AssignAddVariableOp', [sums[i]!.handle, gradient], { dtype: float })],
      );
      return { ...call, inputs: Object.values(inputs), outputs: fetched(losses, [builder.group(added)]) };
    }
    const { norm, rates, done } = optimizer.update(gradients, losses, clip);
    return { ...call, inputs: [...Object.values(inputs), rates], outputs: fetched([...losses, norm], [done]) };
  }

  /** From the sums, which are zero again after it. */
  #update(
    builder: GraphBuilder,
    variables: GraphVariables,
    optimizer: GraphOptimizer,
    sums: readonly GraphVariable[],
    { trained }: Call,
  ): Update {
    const { norm, rates, done } = optimizer.update(
      sums.map(({ read }, i) => (trained[i] ? read : null)),
      [],
      this.options.clip,
    );
    const zeroed = builder.group(sums.map((sum) => variables.assignZeros(sum, [done])));
    return { inputs: [rates], outputs: [builder.node('Identity', [norm], { T: float }, { after: [zeroed] })] };
  }
}

const purposeOf = (microBatches: readonly HostBatch[]): Purpose => (microBatches.length === 1 ? 'step' : 'accumulate');

/** The first of the values fetched are the losses that a call has. */
function lossesOf({ caption, auxiliary }: Call, values: readonly number[]): LossValues {
  return { caption: caption ? values[0]! : null, auxiliary: auxiliary ? values[Number(caption)]! : null };
}

function specsOf(batch: HostBatch): Record<string, InputSpec> {
  const spec = ({ data, shape }: HostArray): InputSpec => ({ shape, dtype: data instanceof Int32Array ? 'int32' : 'float32' });
  return Object.fromEntries(Object.entries(batch).map(([name, array]) => [name, spec(array)]));
}

function keyOf(purpose: Purpose, kind: StepKind, batch: HostBatch): string {
  const shapes = Object.entries(batch).map(([name, { shape }]) => `${name}[${shape.join()}]`);
  return `${purpose} ${kind} ${shapes.join(' ')}`;
}
