// npm start: sets up what is missing, then runs the quickstart. Arguments go to `mienlab run` (npm start -- train.epochs=1).
import { bootstrap, runNode, setup } from './bootstrap.mjs';

await bootstrap();
await setup();
process.exitCode = await runNode('bin/mienlab.js', ['run', 'experiments/quickstart.yaml', ...process.argv.slice(2)]);
