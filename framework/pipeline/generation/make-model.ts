import type { Container } from 'inversify';
import { parts } from '../../container/tokens.js';
import { loadCheckpoint, readCheckpointState, type Model } from '../../training/index.js';

/** Makes a run's model, with a checkpoint's weights where there is one. `texts` are what its tokenizer may learn from without one. */
export async function makeModel(container: Container, texts: readonly string[], checkpoint: string | undefined): Promise<Model> {
  container.bind(parts.corpus).toConstantValue({ texts, state: checkpoint ? readCheckpointState(checkpoint) : undefined });
  const model: Model = {
    encoder: await container.getAsync(parts.encoder),
    projector: await container.getAsync(parts.projector),
    head: await container.getAsync(parts.head),
  };
  if (checkpoint) loadCheckpoint(checkpoint, model);
  return model;
}

/** Disposes of a run's model, of which its container makes no other. */
export async function dropModel(container: Container): Promise<void> {
  for (const part of [parts.head, parts.projector, parts.encoder]) await container.unbindAsync(part as typeof parts.head);
}
