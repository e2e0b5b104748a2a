import { existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Fault } from 'mienlab/faults';
import { seededRandom } from 'mienlab/plugin';
import {
  initialAdapter,
  type LoraConfig,
  loraScaling,
  readConfigFields,
  readSafetensors,
  safetensorsSource,
  type StoredTensor,
  targetModules,
  type WeightShapes,
  writeSafetensors,
} from 'mienlab/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decoderSpec } from '../checkpoint-config.js';
import { decoderWeightShapes } from '../weight-shapes.js';
import { mergedSource, writeCheckpoint } from './merge.js';
import { readAdapter } from './read-adapter.js';
import { writeAdapter } from './write-adapter.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-lora-'));
test.after(() => rmSync(folder, { recursive: true }));
let folders = 0;
const fresh = () => join(folder, String(folders++));

/** 2 layers, hidden 8, mlp 12, 2 heads of 4, 1 key head, 20 tokens. */
const shapes: WeightShapes = decoderWeightShapes(
  decoderSpec(
    readConfigFields(
      written({
        ...{ model_type: 'llama', hidden_size: 8, intermediate_size: 12, num_hidden_layers: 2, num_attention_heads: 2 },
        ...{ num_key_value_heads: 1, vocab_size: 20, max_position_embeddings: 32 },
      }),
    ),
  ),
);

function written(config: object): string {
  const path = mkdtempSync(join(folder, 'config-'));
  writeFileSync(join(path, 'config.json'), JSON.stringify(config));
  return path;
}

const plain: LoraConfig = { rank: 2, alpha: 4, dropout: 0.1, targets: ['q_proj', 'v_proj'], rankStabilised: false };

function faultOf(run: () => unknown): Fault {
  try {
    run();
  } catch (error) {
    assert.instance(error, Fault, (error as Error).stack);
    return error as Fault;
  }
  throw new Error('nothing was thrown');
}

test("targets are found by PEFT's rules", () => {
  const found = (targets: LoraConfig['targets'], layers?: number[]) => targetModules(shapes, { targets, layers }).modules;
  assert.equal(found(['q_proj', 'v_proj']), [
    'model.layers.0.self_attn.q_proj',
    'model.layers.0.self_attn.v_proj',
    'model.layers.1.self_attn.q_proj',
    'model.layers.1.self_attn.v_proj',
  ]);
  assert.equal(found(['self_attn.o_proj'], [1]), ['model.layers.1.self_attn.o_proj']);
  assert.equal(found(['proj', 'embed_tokens', 'norm']), []);
  assert.equal(found(['lm_head']), ['lm_head']);
  assert.is(found('all-linear').length, 14);
  assert.not.ok(found('all-linear').includes('lm_head'));
  assert.equal(found('all-linear', [0]).length, 7);
  // A whole name is taken whatever the layers.
  assert.equal(found(['model.layers.0.mlp.up_proj'], [1]), ['model.layers.0.mlp.up_proj']);
  assert.equal(targetModules(shapes, { targets: ['q_proj', 'w1'] }).unmatched, ['w1']);
});

test('the scaling is alpha over the rank, or over its root', () => {
  assert.is(loraScaling({ rank: 16, alpha: 32, rankStabilised: false }), 2);
  assert.is(loraScaling({ rank: 16, alpha: 32, rankStabilised: true }), 8);
});

test("a new adapter adds nothing, is seeded layer by layer and uniform in PEFT's bounds", () => {
  const big: WeightShapes = { 'model.layers.0.mlp.up_proj.weight': [30, 400], 'model.layers.0.mlp.down_proj.weight': [400, 30] };
  const config: LoraConfig = { ...plain, rank: 16, targets: 'all-linear' };
  const { pairs } = initialAdapter(big, config, seededRandom(3));
  const { a, b, scaling } = pairs.get('model.layers.0.mlp.up_proj')!;
  assert.is(scaling, 0.25);
  assert.ok(b.every((value) => value === 0));
  assert.equal([a.length, b.length], [16 * 400, 30 * 16]);
  const bound = 1 / Math.sqrt(400);
  assert.ok(a.every((value) => Math.abs(value) <= bound));
  const mean = a.reduce((sum, value) => sum + value, 0) / a.length;
  const deviation = Math.sqrt(a.reduce((sum, value) => sum + (value - mean) ** 2, 0) / a.length);
  assert.ok(Math.abs(mean) < bound * 0.03, String(mean));
  assert.ok(Math.abs(deviation / (bound / Math.sqrt(3)) - 1) < 0.03, String(deviation));
  const alone = initialAdapter(big, { ...config, targets: ['up_proj'] }, seededRandom(3));
  assert.equal(alone.pairs.get('model.layers.0.mlp.up_proj')!.a, a);
  const other = initialAdapter(big, config, seededRandom(4));
  assert.not.equal(other.pairs.get('model.layers.0.mlp.up_proj')!.a, a);
});

test('a target that no layer has is named', () => {
  const fault = faultOf(() => initialAdapter(shapes, { ...plain, targets: ['q_porj'] }, seededRandom(1)));
  assert.is(fault.code, 'CONFIG_VALUE');
  assert.is(fault.details.nearest, 'q_proj');
  const layer = faultOf(() => initialAdapter(shapes, { ...plain, layers: [7] }, seededRandom(1)));
  assert.match(layer.message, 'called "q_proj" in the layers 7');
});

test('what is written is read back, ranks and layers of their own too', () => {
  const random = seededRandom(5);
  const adapter = initialAdapter(shapes, { ...plain, targets: 'all-linear', layers: [1], rankStabilised: true }, random);
  for (const { b } of adapter.pairs.values()) b.forEach((_, i) => (b[i] = random.normal()));
  const path = fresh();
  writeAdapter(path, adapter, shapes, 'some/base');
  const config = JSON.parse(readFileSync(join(path, 'adapter_config.json'), 'utf8')) as Record<string, unknown>;
  assert.equal(config['target_modules'], ['down_proj', 'gate_proj', 'k_proj', 'o_proj', 'q_proj', 'up_proj', 'v_proj']);
  assert.equal([config['layers_to_transform'], config['rank_pattern'], config['use_rslora']], [[1], {}, true]);
  const read = readAdapter(path, shapes);
  assert.is(read.base, 'some/base');
  assert.equal(read.pairs, adapter.pairs);

  const [first, second] = [...adapter.pairs];
  const mixed = new Map([
    [first![0], { ...first![1], rank: 1, scaling: 4, a: first![1].a.slice(0, 8), b: first![1].b.slice(0, 8) }],
    [second![0], { ...second![1], alpha: 8, scaling: 8 / Math.SQRT2 }],
  ]);
  writeAdapter(path, { config: adapter.config, pairs: mixed }, shapes, null);
  const again = readAdapter(path, shapes);
  assert.equal(again.pairs, mixed);
  assert.is(again.base, null);
  assert.equal(readdirSync(path).sort(), ['adapter_config.json', 'adapter_model.safetensors']);
});

interface Change {
  config?: Record<string, unknown>;
  tensors?: (tensors: Record<string, StoredTensor>) => void;
}

function changed({ config = {}, tensors: change }: Change): string {
  const path = fresh();
  writeAdapter(path, initialAdapter(shapes, plain, seededRandom(1)), shapes, 'made/for');
  const file = join(path, 'adapter_config.json');
  const stored = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify({ ...stored, ...config }));
  const weights = join(path, 'adapter_model.safetensors');
  const tensors = { ...readSafetensors(weights).tensors };
  change?.(tensors);
  writeSafetensors(weights, tensors);
  return path;
}

test('an adapter for another base, or one that is not whole, is refused', () => {
  const q = 'base_model.model.model.layers.0.self_attn.q_proj';
  const refused = (change: Change['tensors']) => {
    const fault = faultOf(() => readAdapter(changed({ tensors: change }), shapes));
    assert.is(fault.code, 'CHECKPOINT_INVALID');
    return fault;
  };
  const shape = refused((tensors) => (tensors[`${q}.lora_A.weight`] = { shape: [2, 9], data: new Float32Array(18) }));
  assert.match(shape.message, 'is [2, 9]; it was made for made/for');
  assert.is(shape.details.expected, '[2, 8], by the decoder and the rank');
  assert.match(refused((tensors) => delete tensors[`${q}.lora_B.weight`]).message, `"${q}.lora_B.weight" is missing`);
  const two = (tensors: Record<string, StoredTensor>) => ['A', 'B'].forEach((half) => delete tensors[`${q}.lora_${half}.weight`]);
  assert.match(refused(two).message, 'has nothing for "model.layers.0.self_attn.q_proj"');
  assert.match(refused((tensors) => Object.keys(tensors).forEach((name) => delete tensors[name])).message, 'holds no adapter');
  const surplus = (name: string) => refused((tensors) => (tensors[name] = { shape: [1], data: new Float32Array(1) })).message;
  assert.match(surplus('base_model.model.model.layers.2.self_attn.q_proj.lora_A.weight'), 'is for no linear layer of this decoder');
  assert.match(surplus('base_model.model.model.embed_tokens.lora_A.weight'), 'is for no linear layer');
  assert.match(surplus(`${q}.lora_magnitude_vector`), 'is no part of plain LoRA');
  assert.match(surplus('base_model.model.lm_head.weight'), 'is no part of plain LoRA');
});

test('what is not plain LoRA is refused by its key', () => {
  const key = (config: Record<string, unknown>) => {
    const fault = faultOf(() => readAdapter(changed({ config }), shapes));
    assert.is(fault.code, 'CHECKPOINT_INVALID');
    return fault.details.key;
  };
  for (const config of [
    { peft_type: 'IA3' },
    { use_dora: true },
    { bias: 'all' },
    { modules_to_save: ['lm_head'] },
    { init_lora_weights: 'pissa' },
    { fan_in_fan_out: true },
    { layer_replication: [[0, 1]] },
    { trainable_token_indices: [1] },
    { alora_invocation_tokens: [3] },
    { a_thing_of_the_future: { on: true } },
    { r: 0 },
    { r: 1.5 },
    { lora_alpha: -1 },
    { lora_dropout: 1 },
    { layers_to_transform: ['1'] },
    { layers_pattern: 'h' },
  ]) {
    assert.is(key(config), Object.keys(config)[0]);
  }
  assert.is(key({ rank_pattern: { '^model.*': 4 } }), 'rank_pattern.^model.*');
  assert.ok(readAdapter(changed({ config: { use_dora: null, a_thing_of_the_future: false, loftq_config: {} } }), shapes));
  // A pattern is never run: the tensors say what is adapted.
  const evil = { target_modules: '(a+)+b' };
  assert.equal(readAdapter(changed({ config: evil }), shapes).pairs.size, 4);
});

test('whatever an adapter_config.json says, it is read or a fault', () => {
  const path = changed({});
  const file = join(path, 'adapter_config.json');
  const usual = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  const odd = [
    'null',
    'true',
    '0',
    '-1',
    '0.5',
    '2',
    '1e300',
    '""',
    '"x"',
    '[]',
    '[1]',
    '["q_proj"]',
    '[null]',
    '{}',
    '{"__proto__":1}',
    deep,
  ];
  let read = 0;
  for (const key of [...Object.keys(usual), 'exclude_modules', 'use_dora', 'toString', '__proto__']) {
    const { [key]: _, ...others } = usual;
    for (const value of odd) {
      writeFileSync(file, `${JSON.stringify(others).slice(0, -1)},${JSON.stringify(key)}:${value}}`);
      try {
        readAdapter(path, shapes);
        read++;
      } catch (error) {
        assert.instance(error, Fault, `${key}: ${(error as Error).stack}`);
      }
    }
  }
  assert.ok(read > 20, `${read} were read`);
});

test('missing and damaged files are told', () => {
  const path = changed({});
  const weights = join(path, 'adapter_model.safetensors');
  renameSync(weights, join(path, 'adapter_model.bin'));
  assert.match(faultOf(() => readAdapter(path, shapes)).message, 'only adapter_model.bin');
  writeFileSync(weights, 'damaged, this one');
  assert.is(faultOf(() => readAdapter(path, shapes)).code, 'CHECKPOINT_INVALID');
  writeFileSync(join(path, 'adapter_config.json'), '{');
  assert.is(faultOf(() => readAdapter(path, shapes)).code, 'CHECKPOINT_INVALID');
  assert.is(faultOf(() => readAdapter(join(folder, 'nowhere'), shapes)).code, 'ASSET_MISSING');
});

const goldens = fileURLToPath(new URL('../../../../../../shared/goldens/transformers/', import.meta.url));

function golden(run: (base: string, lora: string, shapesOfBase: WeightShapes) => void): () => void {
  return () => {
    if (!existsSync(goldens)) return console.log('skipped: no goldens here');
    const base = join(goldens, 'qwen2-untied');
    run(base, join(goldens, 'qwen2-untied-lora'), decoderWeightShapes(decoderSpec(readConfigFields(base))));
  };
}

test(
  'golden: an adapter of PEFT is read, written and read again the same',
  golden((_, lora, ofBase) => {
    const adapter = readAdapter(lora, ofBase);
    assert.equal(adapter.config, {
      rank: 4,
      alpha: 8,
      dropout: 0,
      targets: ['q_proj', 'v_proj'],
      layers: undefined,
      rankStabilised: false,
    });
    assert.is(adapter.base, '../qwen2-untied');
    assert.is(adapter.pairs.size, 4);
    const path = fresh();
    writeAdapter(path, adapter, ofBase, adapter.base);
    const before = readSafetensors(join(lora, 'adapter_model.safetensors')).tensors;
    const after = readSafetensors(join(path, 'adapter_model.safetensors')).tensors;
    assert.equal(Object.keys(after).sort(), Object.keys(before).sort());
    for (const [name, tensor] of Object.entries(before)) assert.equal(after[name], tensor, name);
    assert.equal(readAdapter(path, ofBase), adapter);
  }),
);

test(
  "golden: merged weights are PEFT's, the others untouched, and an export of them loads to the same",
  golden((base, lora, ofBase) => {
    const source = safetensorsSource(base);
    const merged = mergedSource(source, readAdapter(lora, ofBase));
    const expected = readSafetensors(join(lora, 'golden.safetensors')).tensors;
    let largest = 0;
    for (const name of Object.keys(ofBase)) {
      const reference = expected[`merged.${name}`];
      const values = merged.read(name);
      if (reference) reference.data.forEach((value, i) => (largest = Math.max(largest, Math.abs(value - values[i]!))));
      else assert.equal(values, source.read(name), name);
    }
    assert.ok(largest > 0 && largest < 1e-6, `largest difference ${largest}`);

    const path = fresh();
    const fields = readConfigFields(base);
    writeCheckpoint(path, merged, ofBase, fields.values, { 'tokenizer.json': '{}' });
    assert.equal(readdirSync(path).sort(), ['config.json', 'model.safetensors', 'tokenizer.json']);
    const again = safetensorsSource(path);
    assert.equal([...again.tensors.keys()].sort(), Object.keys(ofBase).sort());
    for (const name of Object.keys(ofBase)) assert.equal(again.read(name), merged.read(name), name);
    assert.equal(decoderSpec(readConfigFields(path)), decoderSpec(fields));
  }),
);

test(
  'golden: an adapter for another base is refused',
  golden((base, lora) => {
    for (const other of ['qwen2-tied-bf16', 'llama-smollm2', 'qwen3']) {
      const ofOther = decoderWeightShapes(decoderSpec(readConfigFields(join(base, '..', other))));
      assert.match(faultOf(() => readAdapter(lora, ofOther)).message, 'it was made for ../qwen2-untied', other);
    }
  }),
);

test.run();
