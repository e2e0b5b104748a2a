import { Fault } from 'mienlab/faults';
import type { Log } from 'mienlab/contracts';
import { tensorflow, type DecodeSession } from 'mienlab/tensor';
import { CompiledSession } from './compiled-session.js';
import { DecodeGraph } from './decode-graph.js';
import type { Decoder } from './decoder.js';
import { eagerSession, type Prompts } from './eager-session.js';

/** Caches are made this much longer at a time, so that few sizes come up. */
const capacityBucket = 32;

/** Opens decode sessions: compiled on the backend `tensorflow`, else eager. One session at a time. */
export class DecodeSessions {
  #graph: DecodeGraph | undefined;
  /** What the graph's weights are copies of. */
  #weights: readonly object[] = [];
  #eager = false;

  constructor(
    private readonly decoder: Decoder,
    private readonly log: Log,
  ) {}

  /** Runs the prompts through; `room` tokens can then be appended. The embeddings stay the caller's. */
  async open(prompts: Prompts, room: number): Promise<DecodeSession> {
    if (this.#eager || tensorflow().getBackend() !== 'tensorflow') return eagerSession(this.decoder, prompts, room);
    try {
      const graph = this.#graphFor(prompts, room);
      const embeddings = (await prompts.embeddings.data()) as Float32Array;
      return new CompiledSession(graph, { embeddings, lengths: prompts.lengths }, this.decoder.spec.vocabulary);
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'TENSOR_UNTRACEABLE') throw error;
      this.log.warn(`captions are generated operation by operation, which is slower: ${error.message}`);
      this.#eager = true;
      return eagerSession(this.decoder, prompts, room);
    }
  }

  dispose(): void {
    this.#graph?.dispose();
    this.#graph = undefined;
  }

  #graphFor({ length, lengths }: Prompts, room: number): DecodeGraph {
    const batch = lengths.length;
    const weights = this.#current();
    const fresh = weights.length === this.#weights.length && weights.every((weight, i) => weight === this.#weights[i]);
    const sizes = this.#graph?.sizes;
    if (!fresh || sizes?.batch !== batch || sizes.length !== length || sizes.capacity < length + room) {
      // The old one first: its weights and caches take as much memory again.
      this.dispose();
      const capacity = Math.ceil((length + room) / capacityBucket) * capacityBucket;
      this.#graph = new DecodeGraph(this.decoder, { batch, length, capacity });
      this.#weights = weights;
    }
    return this.#graph!;
  }

  /** A variable that is assigned to gets other data. */
  #current(): object[] {
    const { variables, adapters } = this.decoder;
    const additions = [...adapters.values()].flatMap(({ a, b }) => [a, b]);
    return [...Object.values(variables), ...additions].map(({ dataId }) => dataId);
  }
}
