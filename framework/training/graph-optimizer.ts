import type { HostArray } from '../contracts/index.js';
import { adamScalars, dataTypes, type GraphBuilder, type GraphTensor, type GraphVariable, type GraphVariables } from '../tensor/index.js';
import { slotNames } from './optimizer.js';
import type { OptimizerSettings } from './train-settings.js';

/** A trained variable of a graph. */
export interface GraphParameter {
  /** `<part>/<name>`. */
  name: string;
  variable: GraphVariable;
  weightDecay: number;
}

const float = { type: dataTypes.float };

/** Numbers of an update that change from step to step, for each parameter: rate, epsilon, what weight decay leaves. */
const perParameter = 3;

/** The part of a graph that updates parameters, AdamW or SGD as their eager namesakes compute them, with the state that they keep. */
export class GraphOptimizer {
  /** What is kept from step to step, by `<part>/<name>/<what>` as the eager optimisers name it. */
  readonly state: Readonly<Record<string, GraphVariable>>;

  constructor(
    private readonly builder: GraphBuilder,
    private readonly variables: GraphVariables,
    private readonly parameters: readonly GraphParameter[],
    private readonly settings: Required<OptimizerSettings>,
  ) {
    this.state = Object.fromEntries(
      parameters.flatMap(({ name, variable }) => slotNames(settings).map((what) => [`${name}/${what}`, variables.zeros(variable.shape)])),
    );
  }

  /**
   * Clips by the global norm as torch.nn.utils.clip_grad_norm_ does, then updates what has a gradient, unless the norm or one of the losses is not
   * finite. `norm` is that before clipping, `rates` a placeholder for what `rates` gives.
   */
  update(
    gradients: readonly (GraphTensor | null)[],
    losses: readonly GraphTensor[],
    clip: number,
  ): { norm: GraphTensor; rates: GraphTensor; done: GraphTensor } {
    const there = gradients.filter((gradient) => gradient !== null);
    const halves = there.map((gradient) => this.#operation('L2Loss', gradient));
    const norm = this.#operation('Sqrt', this.#operation('Mul', this.#sum(halves), this.#scalar(2)));
    const scale = clip > 0 ? this.#clipScale(norm, clip) : null;
    const count = this.parameters.length;
    const rates = this.builder.node('Placeholder', [], { dtype: float, shape: { shape: [count, perParameter] } });
    const finite = this.builder.node('IsFinite', [this.#sum([norm, ...losses])], { T: float });
    // Dead where it is not finite, and with it every update.
    const live = this.builder.node('Switch', [rates, finite], { T: float });
    const rows = this.#unpacked(`${live}:1`, count);
    const updates = gradients.flatMap((gradient, i) => {
      if (gradient === null) return [];
      const scaled = scale ? this.#operation('Mul', gradient, scale) : gradient;
      const told = this.#unpacked(rows[i]!, perParameter);
      // All gradients exist before anything changes: nobody reads weights of which some are this step's and some the next's.
      return this.settings.name === 'adamw' ? this.#adamw(i, scaled, told, norm) : this.#sgd(i, scaled, told, norm);
    });
    const updated = this.builder.node('Identity', [`${live}:1`], { T: float }, { after: updates });
    return { norm, rates, done: this.builder.node('Merge', [updated, live], { T: float, N: { integer: 2 } }) };
  }

  /** For each parameter what an update at this rate is told; `updates` counts those it will have had. */
  rates(learningRates: readonly number[], updates: readonly number[]): HostArray {
    const { betas, epsilon, name } = this.settings;
    const rows = this.parameters.flatMap(({ weightDecay }, i) => {
      const learningRate = learningRates[i]!;
      if (name === 'sgd') return [learningRate, 0, 0];
      const told = adamScalars(learningRate, { beta1: betas[0], beta2: betas[1], epsilon }, Math.max(1, updates[i]!));
      return [told.rate, told.epsilon, 1 - learningRate * weightDecay];
    });
    return { data: Float32Array.from(rows), shape: [this.parameters.length, perParameter] };
  }

  #adamw(i: number, gradient: GraphTensor, [rate, epsilon, keep]: GraphTensor[], norm: GraphTensor): GraphTensor {
    const { name, variable, weightDecay } = this.parameters[i]!;
    const decayed = weightDecay
      ? [this.variables.assign(variable, this.#operation('Mul', this.variables.readAfter(variable, [norm]), keep!))]
      : [];
    const [beta1, beta2] = this.settings.betas;
    const moments = [this.state[`${name}/m`]!.handle, this.state[`${name}/v`]!.handle];
    const scalars = [this.#scalar(0), this.#scalar(0), rate!, this.#scalar(beta1), this.#scalar(beta2), epsilon!];
    return this.builder.node(
      'ResourceApplyAdam',
      [variable.handle, ...moments, ...scalars, gradient],
      { T: float, use_locking: { flag: false }, use_nesterov: { flag: false } },
      { after: [norm, ...decayed] },
    );
  }

  #sgd(i: number, gradient: GraphTensor, [rate]: GraphTensor[], norm: GraphTensor): GraphTensor {
    const { name, variable, weightDecay } = this.parameters[i]!;
    const { momentum, nesterov } = this.settings;
    const decay = () => this.#operation('Mul', this.variables.readAfter(variable, [norm]), this.#scalar(weightDecay));
    const direction = weightDecay ? this.#operation('AddV2', gradient, decay()) : gradient;
    if (momentum === 0) {
      const inputs = [variable.handle, rate!, direction];
      return this.builder.node('ResourceApplyGradientDescent', inputs, { T: float, use_locking: { flag: false } }, { after: [norm] });
    }
    return this.builder.node(
      'ResourceApplyMomentum',
      [variable.handle, this.state[`${name}/velocity`]!.handle, rate!, direction, this.#scalar(momentum)],
      { T: float, use_locking: { flag: false }, use_nesterov: { flag: nesterov } },
      { after: [norm] },
    );
  }

  #clipScale(norm: GraphTensor, clip: number): GraphTensor {
    const share = this.#operation('RealDiv', this.#scalar(clip), this.#operation('AddV2', norm, this.#scalar(1e-6)));
    return this.#operation('Minimum', this.#scalar(1), share);
  }

  #sum(tensors: readonly GraphTensor[]): GraphTensor {
    return this.builder.node('AddN', tensors, { T: float, N: { integer: tensors.length } });
  }

  #unpacked(tensor: GraphTensor, count: number): GraphTensor[] {
    const node = this.builder.node('Unpack', [tensor], { T: float, num: { integer: count }, axis: { integer: 0 } });
    return Array.from({ length: count }, (_, i) => (i ? `${node}:${i}` : node));
  }

  #operation(op: string, ...inputs: GraphTensor[]): GraphTensor {
    return this.builder.node(op, inputs, { T: float });
  }

  #scalar(value: number): GraphTensor {
    return this.builder.constant(dataTypes.float, [], Float32Array.of(value));
  }
}
