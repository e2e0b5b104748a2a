// An OpenAI-compatible endpoint for bench/judge.mjs: usage: judge-endpoint.mjs MILLISECONDS SHARE_OF_FAULTS. Prints its address; after
// every line on standard input the number of requests that it answered.
import { createInterface } from 'node:readline';
import { soundAnswer, StubServer } from '../../dist/plugins/judges/openai/stub-server.js';

const [delay, faulty] = process.argv.slice(2).map(Number);
const every = faulty > 0 ? Math.round(1 / faulty) : Infinity;
const faults = [
  { status: 429, headers: { 'retry-after-ms': '50' }, body: '{"error": {"message": "slow down"}}' },
  { content: '{"events": [' },
  { body: '<!doctype html><html>Bad gateway</html>' },
  { content: { relations: [] } },
];
const server = new StubServer((request, index) => {
  const fault = index % every === every - 1 ? faults[Math.floor(index / every) % faults.length] : undefined;
  return { delay, ...(fault ?? { content: soundAnswer(request) }) };
});
console.log(await server.listen());
createInterface({ input: process.stdin }).on('line', () => console.log(server.requests.length));
