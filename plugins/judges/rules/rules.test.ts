import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { judgeConforms, manifestConforms, sampleGrammar, sourceFolder, testContext } from 'mienlab/conformance';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
judgeConforms(plugin);

const config = { reading: 'auto', 'max-events': 10 };
const judge = await plugin.create(testContext(), config, { grammar: sampleGrammar });

test('events are the actions of the parts, in order; who is shown is no event', async () => {
  const caption = 'A smiling woman is shown. At the beginning, she frowns and blinks. Towards the end she smiles.';
  assert.equal(await judge.events(caption), ['the person: frown (beginning)', 'the person: blink (beginning)', 'the person: smile (end)']);
  assert.equal(await judge.events('She blinks, then she smiles.'), ['the person: blink', 'the person: smile']);
});

test('the same action anywhere entails, another in the same part contradicts, what is not spoken of is neutral', async () => {
  const caption = 'At the beginning she frowns. In the middle she smiles.';
  const events = [
    'the person: smile (middle)',
    'the person: smile (end)',
    'the person: blink (middle)',
    'the person: blink (end)',
    'the person: blink',
  ];
  assert.equal(await judge.relations(events, caption), ['entailment', 'entailment', 'contradiction', 'neutral', 'neutral']);
});

test('single events and free sentences are read as captions are', async () => {
  assert.equal(await judge.relations(['the person: smile (middle)'], 'the person: smile (end)'), ['entailment']);
  assert.equal(await judge.relations(['the person: smile (end)'], 'the person: blink (end)'), ['contradiction']);
  assert.equal(await judge.relations(['a woman smiles', 'a dog barks', 'in the middle she frowns'], 'In the middle she is smiling.'), [
    'entailment',
    'neutral',
    'contradiction',
  ]);
});

test('no more events than asked for', async () => {
  const brief = await plugin.create(testContext(), { ...config, 'max-events': 1 }, { grammar: sampleGrammar });
  assert.equal(await brief.events('She blinks and smiles.'), ['the person: blink']);
});

test('the id names the version and the grammar', async () => {
  const other = await plugin.create(testContext(), config, { grammar: { ...sampleGrammar, actions: sampleGrammar.actions.slice(1) } });
  assert.match(judge.id, /^rules 1\.1\.0, grammar [0-9a-f]{8}$/);
  assert.is.not(other.id, judge.id);
});

test('reading by a grammar needs one', () => {
  assert.throws(
    () => plugin.create(testContext(), { ...config, reading: 'grammar' }, { grammar: null }),
    (error: { code: string; message: string }) => error.code === 'PLUGIN_FAILED' && /event grammar/.test(error.message),
  );
});

test.run();
