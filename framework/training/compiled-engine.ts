import type { Tensor, Variable } from '@tensorflow/tfjs';
import type { HostArray, HostBatch } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { CompiledGraph, dataTypes, GraphBuilder, tensorflow, trace, type GraphTensor, type InputSpec } from '../tensor/index.js';
import type { OptimizerState } from './optimizer.js';
import type { LossValues, StepEngine, StepEngineOptions, StepKind, StepResult } from './step-engine.js';
import { storedValues } from './stored-state.js';
import type { Precision } from './train-settings.js';

/** A variable of the graph, and the tensor it starts from. */
interface Slot {
  handle: GraphTensor;
  read: GraphTensor;
  source: Tensor;
  feed: GraphTensor;
  assign: GraphTensor;
}

/**
 * step: forward pass, gradients and update in one call. part: the gradients of a micro-batch are added to those of the ones before it.
 * losses: the forward pass alone.
 */
type Mode = 'step' | 'part' | 'losses';

interface StepGraph {
  inputs: GraphTensor[];
  names: string[];
  /** caption and auxiliary, where they are there; of a whole step the norm comes last. */
  outputs: GraphTensor[];
  has: { caption: boolean; auxiliary: boolean };
  /** Which variables get a gradient; of losses none. */
  trained: boolean[];
}

/** The update after the last micro-batch. */
interface UpdateGraph {
  inputs: GraphTensor[];
  outputs: GraphTensor[];
  trained: boolean[];
}

interface ShapeKey {
  kind: StepKind;
  mode: Mode;
  specs: Record<string, InputSpec>;
}

/** Something beside a trained variable, of its shape: a moment, a velocity, a sum of gradients. Starts as zeros. */
interface Companion {
  handle: GraphTensor;
  read: GraphTensor;
  shape: readonly number[];
  zero: GraphTensor;
}

/** What lives beside the weights of a graph that is being built. */
interface Companions {
  /** By variable, as the optimiser has them. */
  kept: readonly (readonly Companion[])[];
  /** By variable; none where all batches are whole. */
  sums: readonly Companion[];
}

const float = { type: dataTypes.float };

/** Tensors from outside that are larger than this many numbers become variables of the graph, which are fed once; others constants. */
const inlined = 1024;

/**
 * Compiles a step into a TensorFlow graph for each set of shapes that comes up: forward pass, gradients, clipping and the update of weights
 * and moments that live in the graph's own variables. Until `sync`, the variables it was made for keep their old values.
 */
export class CompiledEngine implements StepEngine {
  readonly #known = new Map<string, ShapeKey>();
  /** Of all groups, one behind the other, with the group's index. */
  readonly #trained: readonly { name: string; variable: Variable; group: number }[];
  /** What the optimiser keeps for each variable. */
  readonly #companions: readonly string[];
  readonly #updates: number[];
  #steps = new Map<string, StepGraph>();
  #sums = new Map<StepKind, UpdateGraph>();
  #graph: CompiledGraph | undefined;
  #slots: Slot[] = [];
  /** The optimiser's, by variable. */
  #kept: GraphTensor[] = [];
  /** To start from, before the first graph. */
  #restored: OptimizerState = {};

  constructor(private readonly options: StepEngineOptions) {
    CompiledEngine.check(options.precision);
    const { groups, optimizer } = options;
    this.#trained = groups.flatMap(({ variables }, group) =>
      Object.entries(variables).map(([name, variable]) => ({ name, variable, group })),
    );
    this.#companions = optimizer.name === 'adamw' ? ['m', 'v'] : optimizer.momentum > 0 ? ['velocity'] : [];
    this.#updates = this.#trained.map(() => 0);
  }

  /** Throws Fault CONFIG_VALUE where it cannot multiply in these numbers. */
  static check(precision: Precision): void {
    if (precision === 'fp32') return;
    throw new Fault('CONFIG_VALUE', `train.precision ${precision} is not there on this backend`, {
      key: 'train.precision',
      known: ['fp32'],
    });
  }

  step(kind: StepKind, microBatches: readonly HostBatch[], rates: readonly number[]): Promise<StepResult> {
    const [first, ...more] = microBatches as [HostBatch, ...HostBatch[]];
    const result = more.length ? this.#accumulate(kind, microBatches, rates) : this.#whole(kind, first, rates);
    return Promise.resolve(result);
  }

  losses(kind: StepKind, batch: HostBatch): Promise<LossValues> {
    const graph = this.#graphFor(kind, 'losses', batch);
    return Promise.resolve(lossesOf(graph, this.#run(graph, batch)));
  }

  #whole(kind: StepKind, batch: HostBatch, rates: readonly number[]): StepResult {
    const graph = this.#graphFor(kind, 'step', batch);
    this.#count(graph.trained);
    const values = this.#run(graph, batch, [this.#scalars(rates)]);
    return { ...lossesOf(graph, values), gradientNorm: values.at(-1)! };
  }

  #accumulate(kind: StepKind, microBatches: readonly HostBatch[], rates: readonly number[]): StepResult {
    // All of them first: a new graph has no sums.
    for (const batch of microBatches) this.#graphFor(kind, 'part', batch);
    const losses: LossValues = { caption: null, auxiliary: null };
    for (const batch of microBatches) {
      const graph = this.#graphFor(kind, 'part', batch);
      const { caption, auxiliary } = lossesOf(graph, this.#run(graph, batch));
      losses.caption = caption === null ? null : (losses.caption ?? 0) + caption;
      losses.auxiliary = auxiliary === null ? null : (losses.auxiliary ?? 0) + auxiliary;
    }
    const { inputs, outputs, trained } = this.#sums.get(kind)!;
    this.#count(trained);
    const [norm] = this.#graph!.run(inputs, [this.#scalars(rates)], outputs);
    return { ...losses, gradientNorm: norm![0]! };
  }

  #run(graph: StepGraph, batch: HostBatch, more: readonly HostArray[] = []): number[] {
    const fed = [...graph.names.map((name) => batch[name]!), ...more];
    return this.#graph!.run(graph.inputs, fed, graph.outputs).map((values) => values[0]!);
  }

  #count(trained: readonly boolean[]): void {
    trained.forEach((updated, i) => (this.#updates[i]! += updated ? 1 : 0));
  }

  state(): Promise<OptimizerState> {
    if (!this.#graph) return Promise.resolve(this.#restored);
    const values = this.#keptValues(this.#graph);
    const kinds = this.#companions;
    const entries = this.#trained.flatMap(({ name, variable: { shape } }, i) => [
      ...kinds.map((kind, j) => [`${name}/${kind}`, { shape, data: values[i * kinds.length + j]! }] as const),
      ...(kinds.includes('m') ? [[`${name}/updates`, { shape: [], data: Float32Array.of(this.#updates[i]!) }] as const] : []),
    ]);
    return Promise.resolve(Object.fromEntries(entries));
  }

  restore(state: OptimizerState): void {
    for (const [i, { name, variable }] of this.#trained.entries()) {
      for (const kind of this.#companions) storedValues(state, `${name}/${kind}`, variable.shape);
      if (this.#companions.includes('m')) this.#updates[i] = storedValues(state, `${name}/updates`, [])[0]!;
    }
    this.#restored = state;
  }

  async sync(): Promise<void> {
    if (!this.#graph) return;
    const tf = tensorflow();
    const values = this.#graph.run([], [], this.#weights());
    this.#trained.forEach(({ variable }, i) => {
      tf.tidy(() => variable.assign(tf.tensor(values[i]!, variable.shape)));
    });
  }

  dispose(): void {
    this.#graph?.dispose();
    this.#graph = undefined;
  }

  /** A call must ask for something: plain SGD keeps nothing. */
  #keptValues(graph: CompiledGraph): Float32Array[] {
    return this.#kept.length ? (graph.run([], [], this.#kept) as Float32Array[]) : [];
  }

  #weights(): GraphTensor[] {
    return this.#slots.slice(0, this.#trained.length).map(({ read }) => read);
  }

  /** For each variable: the powers of the betas, learning rate, epsilon and the factor of the decay (SGD: the decay). */
  #scalars(rates: readonly number[]): HostArray {
    const { groups, optimizer } = this.options;
    const { betas, epsilon, name } = optimizer;
    const rows = this.#updates.map((count, i) => {
      const { group } = this.#trained[i]!;
      const rate = rates[group]!;
      const decay = groups[group]!.weightDecay;
      const power2 = betas[1] ** count;
      // TensorFlow's epsilon stands beside the uncorrected root ("epsilon hat" of Kingma & Ba, 2015, section 2); PyTorch's beside the corrected.
      return [betas[0] ** count, power2, rate, epsilon * Math.sqrt(1 - power2), name === 'adamw' ? 1 - rate * decay : decay];
    });
    return { data: Float32Array.from(rows.flat()), shape: [rows.length, 5] };
  }

  #graphFor(kind: StepKind, mode: Mode, batch: HostBatch): StepGraph {
    const key = `${mode} ${keyOf(kind, batch)}`;
    if (!this.#steps.has(key)) {
      this.#known.set(key, { kind, mode, specs: specsOf(batch) });
      this.#compile();
    }
    return this.#steps.get(key)!;
  }

  /** A graph with all shapes known so far; what the one before had learned goes over. */
  #compile(): void {
    const before = this.#graph && {
      weights: this.#graph.run([], [], this.#weights()) as Float32Array[],
      kept: this.#keptValues(this.#graph),
    };
    const builder = new GraphBuilder();
    this.#slots = [];
    for (const { variable } of this.#trained) this.#slot(builder, variable);
    const inParts = [...this.#known.values()].some(({ mode }) => mode === 'part');
    const companions: Companions = {
      kept: this.#trained.map(({ variable }) => this.#companions.map(() => companion(builder, variable))),
      sums: inParts ? this.#trained.map(({ variable }) => companion(builder, variable)) : [],
    };
    const kept = companions.kept.flat();
    this.#kept = kept.map(({ read }) => read);
    this.#steps = new Map([...this.#known].map(([key, shapes]) => [key, this.#trace(builder, shapes, companions)]));
    this.#sums = this.#sumGraphs(builder, companions);
    const feeds = kept.map(({ handle, shape }) => assignment(builder, handle, shape));
    const zeros = builder.group([...kept, ...companions.sums].map(({ zero }) => zero));
    const assign = builder.group(this.#slots.map((slot) => slot.assign));
    const restore = builder.group(feeds.map((feed) => feed.assign));
    const graph = new CompiledGraph(builder);
    this.#graph?.dispose();
    this.#graph = graph;

    const weights = this.#slots.map(({ source }, i): HostArray => ({
      data: before?.weights[i] ?? (source.dataSync() as Float32Array),
      shape: source.shape,
    }));
    graph.run(
      this.#slots.map(({ feed }) => feed),
      weights,
      [assign],
    );
    graph.run([], [], [zeros]);
    const values = before?.kept ?? this.#restoredValues();
    if (!values.length) return;
    graph.run(
      feeds.map(({ feed }) => feed),
      values.map((data, i) => ({ data, shape: kept[i]!.shape })),
      [restore],
    );
  }

  /** Empty where nothing was restored. */
  #restoredValues(): Float32Array[] {
    if (!Object.keys(this.#restored).length) return [];
    return this.#trained.flatMap(({ name, variable }) =>
      this.#companions.map((kind) => storedValues(this.#restored, `${name}/${kind}`, variable.shape)),
    );
  }

  #slot(builder: GraphBuilder, source: Tensor): Slot {
    const name = `variable-${this.#slots.length}`;
    const handle = variableHandle(builder, name, source.shape);
    const slot = { handle, read: read(builder, handle), source, ...assignment(builder, handle, source.shape) };
    this.#slots.push(slot);
    return slot;
  }

  #trace(builder: GraphBuilder, { kind, mode, specs }: ShapeKey, companions: Companions): StepGraph {
    const tf = tensorflow();
    const { forward } = this.options;
    const variables = this.#trained.map(({ variable }) => variable);
    const slots = new Map(this.#slots.map((slot) => [slot.source.dataId, slot]));
    const capture = (tensor: Tensor): GraphTensor => {
      const known = slots.get(tensor.dataId);
      if (known) return known.read;
      if (tensor.size <= inlined || tensor.dtype !== 'float32') {
        const type = tensor.dtype === 'int32' ? dataTypes.int32 : dataTypes.float;
        return builder.constant(type, tensor.shape, tensor.dataSync() as Float32Array);
      }
      const slot = this.#slot(builder, tensor);
      slots.set(tensor.dataId, slot);
      return slot.read;
    };
    const has = { caption: false, auxiliary: false };
    const { inputs, outputs } = trace(builder, specs, capture, (tensors) => {
      let losses: (Tensor | null)[] = [];
      const total = () => {
        const { caption, auxiliary, total } = forward(kind, tensors);
        has.caption = caption !== null;
        has.auxiliary = auxiliary !== null;
        losses = [caption && tf.keep(caption), auxiliary && tf.keep(auxiliary)];
        return total;
      };
      if (mode === 'losses') {
        total();
        return losses;
      }
      const { grads } = tf.variableGrads(total, variables);
      return [...losses, ...variables.map(({ name }) => grads[name] ?? null)];
    });
    const [caption, auxiliary, ...gradients] = outputs;
    const there = (tensors: readonly (GraphTensor | null | undefined)[]) =>
      tensors.filter((tensor) => tensor !== null && tensor !== undefined);
    const trained = gradients.map((gradient) => gradient !== null);
    const graph = { inputs: Object.values(inputs), names: Object.keys(inputs), has, trained };
    if (mode === 'losses') return { ...graph, outputs: there([caption, auxiliary]) };
    const after = (node: GraphTensor, tensors: readonly (GraphTensor | null | undefined)[]) =>
      there(tensors).map((tensor) => builder.node('Identity', [tensor], { T: float }, { after: [node] }));
    if (mode === 'part') {
      const added = gradients.flatMap((gradient, i) =>
        gradient === null ? [] : [builder.node('AssignAddVariableOp', [companions.sums[i]!.handle, gradient], { dtype: float })],
      );
      return { ...graph, outputs: after(builder.group(added), [caption, auxiliary]) };
    }
    const { norm, update, scalars } = this.#update(builder, gradients, companions.kept);
    return { ...graph, inputs: [...graph.inputs, scalars], outputs: after(update, [caption, auxiliary, norm]) };
  }

  /** For each kind of step that is done in parts: the update by the sums of gradients, which are zero then. */
  #sumGraphs(builder: GraphBuilder, { kept, sums }: Companions): Map<StepKind, UpdateGraph> {
    const graphs = new Map<StepKind, UpdateGraph>();
    for (const [key, { kind, mode }] of this.#known) {
      if (mode !== 'part' || graphs.has(kind)) continue;
      const { trained } = this.#steps.get(key)!;
      const gradients = trained.map((own, i) => (own ? read(builder, sums[i]!.handle) : null));
      const { norm, update, scalars } = this.#update(builder, gradients, kept);
      const cleared = trained.flatMap((own, i) => (own ? [zeroed(builder, sums[i]!, [update])] : []));
      const output = builder.node('Identity', [norm], { T: float }, { after: cleared });
      graphs.set(kind, { inputs: [scalars], outputs: [output], trained });
    }
    return graphs;
  }

  /**
   * An update of all variables that have a gradient, after clipping by the global norm as torch.nn.utils.clip_grad_norm_ does; none where the
   * norm is not finite, so that the weights can still be looked at.
   */
  #update(builder: GraphBuilder, gradients: readonly (GraphTensor | null)[], kept: Companions['kept']) {
    const { clip, optimizer } = this.options;
    const scalar = (value: number) => builder.constant(dataTypes.float, [], Float32Array.of(value));
    const operation = (op: string, ...inputs: GraphTensor[]) => builder.node(op, inputs, { T: float });
    const there = gradients.filter((gradient) => gradient !== null);
    const halves = there.map((gradient) => operation('L2Loss', gradient));
    const squares = builder.node('AddN', halves, { T: float, N: { integer: halves.length } });
    const norm = operation('Sqrt', operation('Mul', squares, scalar(2)));
    const scale =
      clip > 0 ? operation('Minimum', scalar(1), operation('RealDiv', scalar(clip), operation('AddV2', norm, scalar(1e-6)))) : null;
    // What comes after `gate` does not run where it gets nothing.
    const sides = builder.node('Switch', [norm, operation('IsFinite', norm)], { T: float });
    const gate = operation('Identity', `${sides}:1`);
    const count = gradients.length;
    const scalars = builder.node('Placeholder', [], { dtype: float, shape: { shape: [count, 5] } });
    const rows = builder.node('Unpack', [scalars], { T: float, num: { integer: count }, axis: { integer: 0 } });
    const updates = gradients.flatMap((gradient, i) => {
      if (gradient === null) return [];
      const row = builder.node('Unpack', [i ? `${rows}:${i}` : rows], { T: float, num: { integer: 5 }, axis: { integer: 0 } });
      const target: UpdateTarget = {
        ...{ builder, gate, row, handle: this.#slots[i]!.handle, companions: kept[i]! },
        decays: this.options.groups[this.#trained[i]!.group]!.weightDecay > 0,
        gradient: scale ? operation('Mul', gradient, scale) : gradient,
      };
      return optimizer.name === 'adamw' ? adamwUpdate(target, optimizer) : sgdUpdate(target, optimizer);
    });
    const updated = builder.node('Identity', [gate], { T: float }, { after: updates });
    const update = builder.node('Merge', [sides, updated], { T: float, N: { integer: 2 } });
    return { norm, update, scalars };
  }
}

/** One variable in an update. All gradients exist (`gate`) before anything changes: nobody reads a weight that is half of this step and half of the next. */
interface UpdateTarget {
  builder: GraphBuilder;
  gate: GraphTensor;
  /** Of five scalars. */
  row: GraphTensor;
  handle: GraphTensor;
  companions: readonly Companion[];
  decays: boolean;
  gradient: GraphTensor;
}

function adamwUpdate(
  { builder, gate, row, handle, companions, decays, gradient }: UpdateTarget,
  { betas }: StepEngineOptions['optimizer'],
) {
  const [m, v] = companions as [Companion, Companion];
  const kept = () => builder.node('Mul', [read(builder, handle, [gate]), `${row}:4`], { T: float });
  const decayed = decays ? [builder.node('AssignVariableOp', [handle, kept()], { dtype: float })] : [];
  const [beta1, beta2] = betas.map((beta) => builder.constant(dataTypes.float, [], Float32Array.of(beta))) as [GraphTensor, GraphTensor];
  return builder.node(
    'ResourceApplyAdam',
    [handle, m.handle, v.handle, row, `${row}:1`, `${row}:2`, beta1, beta2, `${row}:3`, gradient],
    { T: float, use_locking: { flag: false }, use_nesterov: { flag: false } },
    { after: [gate, ...decayed] },
  );
}

/** TensorFlow's momentum is PyTorch's where the velocity starts as zeros (dampening 0). */
function sgdUpdate({ builder, gate, row, handle, companions, decays, gradient }: UpdateTarget, settings: StepEngineOptions['optimizer']) {
  const decay = () => builder.node('Mul', [read(builder, handle, [gate]), `${row}:4`], { T: float });
  const direction = decays ? builder.node('AddV2', [gradient, decay()], { T: float }) : gradient;
  const [velocity] = companions;
  const attributes = { T: float, use_locking: { flag: false } };
  if (!velocity) return builder.node('ResourceApplyGradientDescent', [handle, `${row}:2`, direction], attributes, { after: [gate] });
  const momentum = builder.constant(dataTypes.float, [], Float32Array.of(settings.momentum));
  return builder.node(
    'ResourceApplyMomentum',
    [handle, velocity.handle, `${row}:2`, direction, momentum],
    { ...attributes, use_nesterov: { flag: settings.nesterov } },
    { after: [gate] },
  );
}

function variableHandle(builder: GraphBuilder, name: string, shape: readonly number[]): GraphTensor {
  return builder.node('VarHandleOp', [], { dtype: float, shape: { shape }, shared_name: { text: name }, container: { text: '' } });
}

function read(builder: GraphBuilder, handle: GraphTensor, after: readonly GraphTensor[] = []): GraphTensor {
  return builder.node('ReadVariableOp', [handle], { dtype: float }, { after });
}

function assignment(builder: GraphBuilder, handle: GraphTensor, shape: readonly number[]): { feed: GraphTensor; assign: GraphTensor } {
  const feed = builder.node('Placeholder', [], { dtype: float, shape: { shape } });
  return { feed, assign: builder.node('AssignVariableOp', [handle, feed], { dtype: float }) };
}

function companion(builder: GraphBuilder, { shape }: Tensor): Companion {
  const handle = variableHandle(builder, `companion-${builder.nodes}`, shape);
  return { handle, read: read(builder, handle), shape, zero: zeroed(builder, { handle, shape }) };
}

function zeroed(builder: GraphBuilder, { handle, shape }: Pick<Companion, 'handle' | 'shape'>, after: readonly GraphTensor[] = []) {
  const sides = builder.constant(dataTypes.int32, [shape.length], Int32Array.from(shape));
  // A buffer of its own each: constants of equal value would share one, and be copied when updated.
  const empty = builder.node('Empty', [sides], { dtype: float, init: { flag: true } }, { after });
  return builder.node('AssignVariableOp', [handle, empty], { dtype: float });
}

function lossesOf({ has }: StepGraph, values: readonly number[]): LossValues {
  return { caption: has.caption ? values[0]! : null, auxiliary: has.auxiliary ? values[Number(has.caption)]! : null };
}

function specsOf(batch: HostBatch): Record<string, InputSpec> {
  return Object.fromEntries(
    Object.entries(batch).map(([name, { data, shape }]) => [name, { shape, dtype: data instanceof Int32Array ? 'int32' : 'float32' }]),
  );
}

function keyOf(kind: StepKind, batch: HostBatch): string {
  return `${kind} ${Object.entries(batch)
    .map(([name, { shape }]) => `${name}[${shape.join()}]`)
    .join(' ')}`;
}
