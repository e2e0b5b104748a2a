import type { Container } from 'inversify';
import { parts } from '../../container/tokens.js';
import { absentEncoder } from '../absent-encoder.js';
import { loadCheckpoint, readCheckpointState, type Model } from '../../training/index.js';

interface ModelOptions {
  /** Training captions and instructions: what a tokenizer may learn from that no checkpoint has. */
  texts: readonly string[];
  /** Folder of the checkpoint whose weights it gets. */
  checkpoint?: string;
  /** Its clips have their tokens: the encoder is not made. */
  withoutEncoder?: boolean;
}

/** Makes a run's model. */
export async function makeModel(container: Container, { texts, checkpoint, withoutEncoder = false }: ModelOptions): Promise<Model> {
  container.bind(parts.corpus).toConstantValue({ texts, state: checkpoint ? readCheckpointState(checkpoint) : undefined });
  const model: Model = {
    encoder: withoutEncoder ? absentEncoder : await container.getAsync(parts.encoder),
    projector: await container.getAsync(parts.projector),
    head: await container.getAsync(parts.head),
  };
  if (checkpoint) loadCheckpoint(checkpoint, model);
  return model;
}

/** Disposes of a run's model, of which its container makes no other. */
export async function dropModel(container: Container): Promise<void> {
  for (const part of [parts.head, parts.projector, parts.encoder]) {
    if (container.isBound(part)) await container.unbindAsync(part as typeof parts.head);
  }
}
