import type { Scalar } from '@tensorflow/tfjs';
import { tensorflow } from '../tensor/index.js';
import type { AuxiliaryLoss } from './auxiliary-loss.js';
import type { Model } from './model.js';
import type { Forward } from './step-engine.js';
import { unprefixed } from './step-batches.js';
import type { TrainStage } from './train-stages.js';
import { visualTokens } from './visual-source.js';

/** The whole model as a function of the tensors of a batch that `StepBatches` made. */
export function forwardOf({ encoder, projector, head }: Model, words: AuxiliaryLoss | null, settings: TrainStage['auxiliary']): Forward {
  const { scale, weight } = settings;
  return (kind, batch) => {
    const tf = tensorflow();
    const embeddings = projector.project(visualTokens(encoder, batch));
    const { share, seed } = batch;
    const mean = kind === 'before' ? null : head.loss({ ...unprefixed('text', batch), ...(seed && { seed }) }, embeddings.sequence);
    const caption = mean && share ? (tf.mul(mean, share) as Scalar) : mean;
    const beside = kind === 'evaluation' ? null : words;
    const auxiliary = beside && (tf.mul(beside.loss(unprefixed('auxiliary', batch), embeddings.steps), scale) as Scalar);
    const weighted = auxiliary && caption && weight !== 1 ? (tf.mul(auxiliary, weight) as Scalar) : auxiliary;
    const total = caption && weighted ? (tf.add(caption, weighted) as Scalar) : (caption ?? weighted);
    return { caption, auxiliary, total: total! };
  };
}
