import type { Tensor, Variable } from '@tensorflow/tfjs';
import type { HostArray, HostBatch } from '../contracts/index.js';
import { CompiledGraph, dataTypes, GraphBuilder, tensorflow, trace, type GraphTensor, type InputSpec } from '../tensor/index.js';
import type { StepEngine, StepEngineOptions, StepKind, StepResult } from './step-engine.js';
import type { TrainSettings } from './train-settings.js';

/** A variable of the graph, and the tensor it starts from. */
interface Slot {
  handle: GraphTensor;
  read: GraphTensor;
  source: Tensor;
  feed: GraphTensor;
  assign: GraphTensor;
}

interface StepGraph {
  inputs: GraphTensor[];
  names: string[];
  /** caption, auxiliary, norm; null where there is none. */
  outputs: GraphTensor[];
  has: { caption: boolean; auxiliary: boolean };
  /** Which variables get a gradient. */
  trained: boolean[];
}

interface ShapeKey {
  kind: StepKind;
  specs: Record<string, InputSpec>;
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
  #steps = new Map<string, StepGraph>();
  #graph: CompiledGraph | undefined;
  #slots: Slot[] = [];
  #moments: GraphTensor[] = [];
  readonly #updates: number[];

  constructor(
    private readonly options: StepEngineOptions,
    private readonly settings: Pick<TrainSettings, 'optimizer' | 'clip'>,
  ) {
    this.#updates = options.variables.map(() => 0);
  }

  step(kind: StepKind, batch: HostBatch, learningRate: number): Promise<StepResult> {
    const graph = this.#steps.get(keyOf(kind, batch)) ?? this.#compile(kind, batch);
    graph.trained.forEach((trained, i) => (this.#updates[i]! += trained ? 1 : 0));
    const fed = [...graph.names.map((name) => batch[name]!), this.#rates(learningRate)];
    const results = this.#graph!.run(graph.inputs, fed, graph.outputs).map((values) => values[0]!);
    const { caption, auxiliary } = graph.has;
    const gradientNorm = results.pop()!;
    return Promise.resolve({ caption: caption ? results.shift()! : null, auxiliary: auxiliary ? results.shift()! : null, gradientNorm });
  }

  async sync(): Promise<void> {
    if (!this.#graph) return;
    const tf = tensorflow();
    const values = this.#graph.run(
      [],
      [],
      this.#slots.slice(0, this.options.variables.length).map(({ read }) => read),
    );
    this.options.variables.forEach((variable, i) => {
      tf.tidy(() => variable.assign(tf.tensor(values[i]!, variable.shape)));
    });
  }

  dispose(): void {
    this.#graph?.dispose();
    this.#graph = undefined;
  }

  /** For each variable: the powers of the betas, learning rate, epsilon and the factor of the decay. */
  #rates(learningRate: number): HostArray {
    const { betas, epsilon, 'weight-decay': decay } = this.settings.optimizer;
    const rows = this.#updates.map((count) => {
      const power2 = betas[1] ** count;
      // TensorFlow's epsilon stands beside the uncorrected root ("epsilon hat" of Kingma & Ba, 2015, section 2); PyTorch's beside the corrected.
      return [betas[0] ** count, power2, learningRate, epsilon * Math.sqrt(1 - power2), 1 - learningRate * decay];
    });
    return { data: Float32Array.from(rows.flat()), shape: [rows.length, 5] };
  }

  /** A graph with all shapes known so far and this one; what the one before had learned goes over. */
  #compile(kind: StepKind, batch: HostBatch): StepGraph {
    const key = keyOf(kind, batch);
    this.#known.set(key, { kind, specs: specsOf(batch) });
    const state = this.#graph && this.#state();
    const builder = new GraphBuilder();
    this.#slots = [];
    for (const variable of this.options.variables) this.#slot(builder, variable);
    const moments = this.options.variables.map((variable) => [moment(builder, variable), moment(builder, variable)] as const);
    this.#moments = moments.flat().map(({ handle }) => read(builder, handle));
    this.#steps = new Map([...this.#known].map(([known, shapes]) => [known, this.#trace(builder, shapes, moments)]));
    const feeds = moments.flat().map(({ handle, shape }) => assignment(builder, handle, shape));
    const zeros = builder.group(moments.flat().map(({ zero }) => zero));
    const assign = builder.group(this.#slots.map((slot) => slot.assign));
    const restore = builder.group(feeds.map((feed) => feed.assign));
    const graph = new CompiledGraph(builder);
    this.#graph?.dispose();
    this.#graph = graph;
    this.#start(
      assign,
      zeros,
      restore,
      feeds.map(({ feed }) => feed),
      state,
    );
    return this.#steps.get(key)!;
  }

  #start(assign: GraphTensor, zeros: GraphTensor, restore: GraphTensor, feeds: GraphTensor[], state?: Float32Array[]): void {
    const weights = this.#slots.map(({ source }, i): HostArray => {
      const kept = state?.[i];
      const data = i < this.options.variables.length && kept ? kept : (source.dataSync() as Float32Array);
      return { data, shape: source.shape };
    });
    this.#graph!.run(
      this.#slots.map(({ feed }) => feed),
      weights,
      [assign],
    );
    if (!state) return void this.#graph!.run([], [], [zeros]);
    const count = this.options.variables.length;
    const shapes = this.options.variables.flatMap(({ shape }) => [shape, shape]);
    this.#graph!.run(
      feeds,
      shapes.map((shape, i) => ({ data: state[count + i]!, shape })),
      [restore],
    );
  }

  /** Weights, then moments. */
  #state(): Float32Array[] {
    const weights = this.#slots.slice(0, this.options.variables.length).map((slot) => slot.read);
    return this.#graph!.run([], [], [...weights, ...this.#moments]) as Float32Array[];
  }

  #slot(builder: GraphBuilder, source: Tensor): Slot {
    const name = `variable-${this.#slots.length}`;
    const handle = variableHandle(builder, name, source.shape);
    const slot = { handle, read: read(builder, handle), source, ...assignment(builder, handle, source.shape) };
    this.#slots.push(slot);
    return slot;
  }

  #trace(builder: GraphBuilder, { kind, specs }: ShapeKey, moments: readonly (readonly Moment[])[]): StepGraph {
    const tf = tensorflow();
    const { variables, forward } = this.options;
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
    const { inputs, outputs } = trace(builder, specs, { node: capture }, (tensors) => {
      let losses: (Tensor | null)[] = [];
      const { grads } = tf.variableGrads(() => {
        const { caption, auxiliary, total } = forward(kind, tensors);
        has.caption = caption !== null;
        has.auxiliary = auxiliary !== null;
        losses = [caption && tf.keep(caption), auxiliary && tf.keep(auxiliary)];
        return total;
      }, variables as Variable[]);
      return [...losses, ...variables.map(({ name }) => grads[name] ?? null)];
    });
    const [caption, auxiliary, ...gradients] = outputs;
    const { norm, update, rates } = this.#update(builder, gradients, moments);
    const fetched = [caption, auxiliary, norm].filter((tensor) => tensor !== null && tensor !== undefined);
    const results = fetched.map((tensor) => builder.node('Identity', [tensor], { T: float }, { after: [update] }));
    return {
      inputs: [...Object.values(inputs), rates],
      names: Object.keys(inputs),
      outputs: results,
      has,
      trained: gradients.map((gradient) => gradient !== null),
    };
  }

  /** AdamW on all variables that have a gradient, after clipping by the global norm as torch.nn.utils.clip_grad_norm_ does. */
  #update(builder: GraphBuilder, gradients: readonly (GraphTensor | null)[], moments: readonly (readonly Moment[])[]) {
    const { betas, 'weight-decay': decay } = this.settings.optimizer;
    const { clip } = this.settings;
    const scalar = (value: number) => builder.constant(dataTypes.float, [], Float32Array.of(value));
    const operation = (op: string, ...inputs: GraphTensor[]) => builder.node(op, inputs, { T: float });
    const there = gradients.filter((gradient) => gradient !== null);
    const halves = there.map((gradient) => operation('L2Loss', gradient));
    const squares = builder.node('AddN', halves, { T: float, N: { integer: halves.length } });
    const norm = operation('Sqrt', operation('Mul', squares, scalar(2)));
    const scale =
      clip > 0 ? operation('Minimum', scalar(1), operation('RealDiv', scalar(clip), operation('AddV2', norm, scalar(1e-6)))) : null;
    const count = gradients.length;
    const rates = builder.node('Placeholder', [], { dtype: float, shape: { shape: [count, 5] } });
    const rows = builder.node('Unpack', [rates], { T: float, num: { integer: count }, axis: { integer: 0 } });
    const beta1 = scalar(betas[0]);
    const beta2 = scalar(betas[1]);
    const updates = gradients.flatMap((gradient, i) => {
      if (gradient === null) return [];
      const row = builder.node('Unpack', [i ? `${rows}:${i}` : rows], { T: float, num: { integer: 5 }, axis: { integer: 0 } });
      const { handle } = this.#slots[i]!;
      const [m, v] = moments[i]! as [Moment, Moment];
      const scaled = scale ? operation('Mul', gradient, scale) : gradient;
      // All gradients exist before anything changes: nobody reads a weight that is half of this step and half of the next.
      const decayed = decay
        ? [
            builder.node('AssignVariableOp', [handle, builder.node('Mul', [read(builder, handle, [norm]), `${row}:4`], { T: float })], {
              dtype: float,
            }),
          ]
        : [];
      return builder.node(
        'ResourceApplyAdam',
        [handle, m.handle, v.handle, row, `${row}:1`, `${row}:2`, beta1, beta2, `${row}:3`, scaled],
        { T: float, use_locking: { flag: false }, use_nesterov: { flag: false } },
        { after: [norm, ...decayed] },
      );
    });
    return { norm, update: builder.group(updates), rates };
  }
}

interface Moment {
  handle: GraphTensor;
  shape: readonly number[];
  zero: GraphTensor;
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

function moment(builder: GraphBuilder, { shape }: Tensor): Moment {
  const handle = variableHandle(builder, `moment-${builder.nodes}`, shape);
  const sides = builder.constant(dataTypes.int32, [shape.length], Int32Array.from(shape));
  // A buffer of its own each: constants of equal value would share one, and be copied when updated.
  const empty = builder.node('Empty', [sides], { dtype: float, init: { flag: true } });
  return { handle, shape, zero: builder.node('AssignVariableOp', [handle, empty], { dtype: float }) };
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
