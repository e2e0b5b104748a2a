import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { manifestConforms, metricConforms, sourceFolder } from 'mienlab/conformance';
import { cider, documentFrequencies } from './cider.js';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
metricConforms(plugin);

const words = (text: string) => text.split(' ').filter(Boolean);
const near = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} against ${expected}`);

const references = ['a man smiles with open eyes', 'the woman frowns and lowers her head', 'his brows rise slowly'].map((text) => [
  words(text),
]);
const own = references.map(([reference]) => reference!);

test('an exact copy scores 10, one of one or two words 2.5 and 5', () => {
  for (const value of cider(own, references)) near(value, 10);
  const short = [[['smile']], [['a', 'frown']], [words('no change in the face')]];
  assert.equal(
    cider(
      short.map(([reference]) => reference!),
      short,
    ).map((value) => value.toFixed(9)),
    ['2.500000000', '5.000000000', '10.000000000'],
  );
});

test('a single video scores 0: every n-gram is in every document', () => {
  assert.equal(cider([own[0]!], [references[0]!]), [0]);
});

test('the value is the formula', () => {
  // Unigrams only, three videos: "a" in two of them.
  const [value] = cider([['a', 'b', 'b', 'z']], [[['a', 'b']]], {
    n: 1,
    frequencies: documentFrequencies([[['a', 'b']], [['a']], [['c']]], 1),
  });
  const [a, b, unseen] = [Math.log(3 / 2), Math.log(3), Math.log(3)];
  const expected = (a * a + b * b) / (Math.hypot(a, 2 * b, unseen) * Math.hypot(a, b));
  near(value!, 10 * expected);
});

test('length is punished by the Gaussian of the difference in bigrams, whose width is sigma', () => {
  const unseen = words('x1 x2 x3 x4');
  const longer = [[...own[0]!, ...unseen], own[1]!, own[2]!];
  const [six] = cider(longer, references);
  const [wide] = cider(longer, references, { sigma: 1e9 });
  near(six! / wide!, Math.exp(-16 / 72));
});

test('several references count by their mean', () => {
  const [both] = cider([own[0]!], [[own[0]!, words('quite other words here now then')]], { frequencies: documentFrequencies(references) });
  near(both!, 5);
});

test.run();
