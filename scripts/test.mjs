// npm test: sets up what is missing, checks the sources, runs the tests. Arguments go to the test runner (npm test -- framework/config).
import { bootstrap, runNode, setup } from './bootstrap.mjs';

await bootstrap();
await setup(['onnxruntime', 'human-models', 'blazeface', 'centerface']);
process.exitCode = await runNode('scripts/run-tests.mjs', process.argv.slice(2));
