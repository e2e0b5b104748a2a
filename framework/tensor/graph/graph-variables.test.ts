import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { testBackend } from '../test-backend.js';
import { CompiledGraph } from './compiled-graph.js';
import { dataTypes, GraphBuilder } from './graph-builder.js';
import { GraphVariables } from './graph-variables.js';

/** What nothing holds any more is gone after it. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) {
    // A WeakRef holds its target until the turn of the event loop is over.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
}

test('a variable keeps nothing of the array it was fed: only threads of JavaScript may let go of one', async () => {
  if (!(await testBackend('tensorflow'))) return;
  const builder = new GraphBuilder();
  const variables = new GraphVariables(builder);
  // TensorFlow copies arrays of itself that are not aligned to 64 bytes: of many, some are.
  const shape = [40, 64];
  const made = Array.from({ length: 64 }, () => {
    const variable = variables.zeros(shape);
    return { variable, ...variables.feed(variable) };
  });
  const done = builder.group(made.map(({ assign }) => assign));
  const read = builder.node('Identity', [made[63]!.variable.read], { T: { type: dataTypes.float } });
  const fill = variables.finish();
  const graph = new CompiledGraph(builder);
  fill(graph);
  const fed = made.map(() => new Float32Array(2560).fill(3));
  const arrays = fed.map((array) => new WeakRef(array));
  graph.run(
    made.map(({ feed }) => feed),
    fed.map((data) => ({ data, shape })),
    [done],
  );
  fed.length = 0;
  await collectGarbage();
  assert.is(arrays.filter((array) => array.deref() !== undefined).length, 0);
  assert.equal(graph.run([], [], [read])[0], new Float32Array(2560).fill(3));
  graph.dispose();
});

test.run();
