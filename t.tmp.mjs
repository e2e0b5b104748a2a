import { readFileSync } from 'node:fs';
import { seededRandom } from 'mienlab/plugin';
import { trackSequence } from './dist/framework/tracking/track-sequence.js';
import { overlaps } from './dist/framework/tracking/overlaps.js';
import { hota } from './dist/framework/tracking/hota.js';
import { clear } from './dist/framework/tracking/clear.js';
import { identity } from './dist/framework/tracking/identity.js';
const src=readFileSync('bench/tracking-metrics.mjs','utf8'); const body=src.slice(src.indexOf('function madeUp'),src.indexOf('const theirs'));
const madeUp=new Function('seededRandom',body+'return madeUp;')(seededRandom);
const [T,F]=madeUp(10000,20);
for(let k=0;k<4;k++){ const t=[performance.now()]; const a=trackSequence(T,10000),b=trackSequence(F,10000); t.push(performance.now()); const o=overlaps(a,b); t.push(performance.now()); hota(a,b,o); t.push(performance.now()); clear(a,b,o,.5); t.push(performance.now()); identity(a,b,o,.5); t.push(performance.now());
console.log(t.slice(1).map((v,i)=>(v-t[i]).toFixed(0)).join(' '), o.offsets[10000]); }
