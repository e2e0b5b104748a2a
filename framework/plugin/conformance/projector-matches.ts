import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PluginConfig, PluginManifest } from '../../contracts/index.js';
import { CompiledGraph, GraphBuilder, GraphVariables, trace, type Tensorflow } from '../../tensor/index.js';
import { testBackend } from '../../tensor/test-backend.js';
import { defaultConfig } from '../default-config.js';
import { testContext } from './test-context.js';

/** What a reference program gave for a projector in a run without faces; see tools/projector-reference.py. */
export interface ProjectorReference {
  config: PluginConfig;
  clips: number;
  /** Of the port of visual tokens. */
  dims: Readonly<Record<string, number>>;
  hidden: number;
  /** By `tokens` and name of a variable [number, scale, offset]: its value i is offset + scale * sin(1.7 number + 0.913 i). */
  fills: Readonly<Record<string, readonly [number, number, number]>>;
  /** Shape and values of the embeddings. */
  shape: readonly number[];
  sequence: readonly number[];
  /** Of the sum of the embeddings, each times the cosine of its index, by the names of `fills`. */
  gradients: Readonly<Record<string, readonly number[]>>;
}

/** Largest difference, relative to a tensor's largest value where that is above 1: float32 against float64. */
const tolerance = 2e-4;

/** Registers tests that hold a projector against reference values and their gradients on every backend, and its compiled graph too. */
export function projectorMatches(plugin: PluginManifest<'projector'>, reference: ProjectorReference): void {
  const { clips, dims, hidden } = reference;
  const config = { ...defaultConfig(plugin.config), ...reference.config };
  const shape = [clips, dims['time']!, dims['frame-tokens']!, dims['width']!] as const;

  const filled = (name: string, count: number) => {
    const [number, scale, offset] = reference.fills[name]!;
    return Float32Array.from({ length: count }, (_, i) => offset + scale * Math.sin(1.7 * number + 0.913 * i));
  };

  async function filledProjector(tf: Tensorflow) {
    const projector = await plugin.create(testContext(), config, { ports: { tokens: { type: 'visual-tokens', dims }, hidden } });
    assert.equal(
      Object.keys(projector.variables).sort(),
      Object.keys(reference.fills)
        .filter((name) => name !== 'tokens')
        .sort(),
    );
    for (const [name, variable] of Object.entries(projector.variables)) {
      tf.tidy(() => variable.assign(tf.tensor(filled(name, variable.size), variable.shape)));
    }
    const weights = Float32Array.from({ length: size(reference.shape) }, (_, i) => Math.cos(i));
    /** Embeddings, then the gradients in the order of `fills`. */
    const all = (tokens: Tensor): Tensor[] => {
      const variables = Object.keys(reference.fills).map((name) => (name === 'tokens' ? tokens : projector.variables[name]!));
      const { value, grads } = tf.valueAndGrads((...given: Tensor[]) => {
        const { sequence } = projector.project({ frames: given[0] as Tensor4D, faces: null });
        return tf.keep(sequence);
      })(variables, tf.tensor(weights, reference.shape as number[]) as never);
      return [value, ...grads];
    };
    return { projector, all };
  }

  function matches(found: readonly ArrayLike<number>[], what: string): void {
    const expected: [string, readonly number[]][] = [['embeddings', reference.sequence], ...Object.entries(reference.gradients)];
    expected.forEach(([name, values], i) => {
      assert.is(found[i]!.length, values.length, `${what}: ${name}`);
      const allowed = tolerance * values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      values.forEach((value, j) => {
        assert.ok(Math.abs(found[i]![j]! - value) <= allowed, `${what}: ${name} at ${j} is ${found[i]![j]}, expected ${value}`);
      });
    });
  }

  for (const backend of ['cpu', 'wasm', 'tensorflow'] as const) {
    test(`projector ${plugin.name} ${JSON.stringify(reference.config)}: embeddings and gradients are the reference's on ${backend}`, async () => {
      const tf = await testBackend(backend);
      if (!tf) return;
      const { projector, all } = await filledProjector(tf);
      const found = tf.tidy(() => all(tf.tensor(filled('tokens', size(shape)), [...shape])).map((tensor) => [...tensor.dataSync()]));
      matches(found, backend);
      if (backend === 'tensorflow') {
        const builder = new GraphBuilder();
        const variables = new GraphVariables(builder);
        const { inputs, outputs } = trace(builder, { tokens: { shape, dtype: 'float32' } }, variables, ({ tokens }) => all(tokens!));
        const start = variables.finish();
        const graph = new CompiledGraph(builder);
        start(graph);
        matches(graph.run([inputs['tokens']!], [{ data: filled('tokens', size(shape)), shape }], outputs as string[]), 'compiled');
        graph.dispose();
      }
      projector.dispose();
    });
  }
}

const size = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);
