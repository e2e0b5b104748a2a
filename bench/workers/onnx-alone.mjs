// A thread of the bench faces: a session of one thread that runs prepared images and nothing else.
import { parentPort } from 'node:worker_threads';
import { OnnxSession } from 'mienlab/tensor';

let run;
parentPort.on('message', async (message) => {
  if (message === 'run') await run();
  else {
    const session = await OnnxSession.open(message.model, { source: 'the network', threads: 1 });
    run = async () => {
      for (const image of message.images) await session.run({ [message.input]: image }, message.outputs);
    };
  }
  parentPort.postMessage('done');
});
