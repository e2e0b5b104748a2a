import type { Comparisons, GoldenValues } from 'mienlab/plugin';
import { kernels, tensorflow } from 'mienlab/tensor';
import type { Decoder } from '../decoder.js';
import { goldenBatch, goldenLoss, integers, sequencesOf } from './golden-batch.js';
import { tolerances } from './tolerances.js';
import { gradientsOf, tune, type TuningRun } from './tuning.js';

/** The loss of the right-padded batch, told apart by causality alone as in training. */
function lossOf(decoder: Decoder, golden: GoldenValues) {
  const batch = goldenBatch(golden);
  if (!batch.labels) throw golden.invalid('labels', 'there is a loss, but no labels');
  const { labels } = batch;
  return () => goldenLoss(decoder, decoder.embed(integers(batch.ids)), sequencesOf(batch, false), labels);
}

/** The loss, and where there are any, the norm of every gradient and the named gradients whole. */
export async function verifyGradients(decoder: Decoder, golden: GoldenValues, comparisons: Comparisons): Promise<void> {
  const tf = tensorflow();
  const lossFunction = lossOf(decoder, golden);
  const norms = golden.part('grad_norms');
  if (!norms) {
    const loss = tf.tidy(lossFunction);
    comparisons.absolute('loss', await loss.data(), [golden.number('loss')], tolerances.loss);
    loss.dispose();
    return;
  }
  const { loss, gradients, norm } = await gradientsOf(lossFunction, decoder.variables);
  try {
    comparisons.absolute('loss', [loss], [golden.number('loss')], tolerances.loss);
    for (const name of norms.keys()) {
      const gradient = gradients.get(name);
      if (!gradient) throw norms.invalid(name, 'the model has no such weight');
      const squares = kernels().sumOfSquares([gradient]);
      comparisons.relative(`grad_norms.${name}`, [Math.sqrt((await squares.data())[0]!)], [norms.number(name)], tolerances.gradients);
      squares.dispose();
    }
    if (golden.has('grad_norm_total')) {
      comparisons.relative('grad_norm_total', [norm], [golden.number('grad_norm_total')], tolerances.gradients);
    }
    for (const key of golden.tensorNames('grad.')) {
      const gradient = gradients.get(key.slice('grad.'.length));
      if (!gradient) throw norms.invalid(key, 'the model has no such weight');
      comparisons.relative(key, await gradient.data(), golden.tensor(key).data, tolerances.gradients);
    }
  } finally {
    tf.dispose([...gradients.values()]);
  }
}

/** Five steps of AdamW at a constant learning rate, and eight of a cosine schedule with warm-up. `fresh` gives a decoder that may be spoilt. */
export async function verifyTuning(fresh: () => Decoder, golden: GoldenValues, comparisons: Comparisons): Promise<void> {
  const constant = golden.part('adamw_constant_lr');
  if (!constant) return;
  for (const key of ['adamw_constant_lr', 'adamw_cosine_warmup']) {
    const run = golden.part(key);
    if (!run) continue;
    const decoder = fresh();
    try {
      const onStep = async (step: number) => {
        for (const name of key === 'adamw_constant_lr' ? golden.tensorNames(`adamw${step}.`) : []) {
          const variable = decoder.variables[name.slice(`adamw${step}.`.length)];
          if (!variable) throw run.invalid(name, 'the model has no such weight');
          comparisons.absolute(name, await variable.data(), golden.tensor(name).data, tolerances.tuned);
        }
      };
      const { losses, norms } = await tune(lossOf(decoder, golden), decoder.variables, {
        ...settingsOf(constant),
        rates: run.numbers('lr'),
        onStep,
      });
      const expected = [...run.numbers('loss_before_step'), run.number('loss_after_last')];
      comparisons.absolute(`${key}.losses`, losses, expected, tolerances.loss);
      comparisons.relative(`${key}.grad_norm_before_clip`, norms, run.numbers('grad_norm_before_clip'), tolerances.gradients);
    } finally {
      decoder.dispose();
    }
  }
}

/** Settings of `adamw_constant_lr`, which all runs share but for the learning rates. */
function settingsOf(constant: GoldenValues): Omit<TuningRun, 'rates'> {
  const [beta1, beta2] = constant.numbers('betas');
  return {
    betas: [beta1!, beta2!],
    epsilon: constant.number('eps'),
    decay: constant.number('weight_decay'),
    clip: constant.number('clip_global_norm'),
  };
}
